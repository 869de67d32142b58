#include "bin/settings_example.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>

#include "base/text.h"
#include "support/temp_folder.h"

using namespace esclusa;

namespace {

/// The example with every setting in force.
std::string with_all_settings() {
  const std::string example = settings_example(setting_table());
  std::string text;
  for (const std::string_view line : split(example, '\n')) {
    const bool is_setting = line.starts_with('#') && !line.starts_with("# ");
    text += std::string(is_setting ? line.substr(1) : line) + "\n";
  }
  return text;
}

ServerSettings settings_of(const std::string& text) {
  const test::TempFolder folder;
  std::ofstream(folder / "esclusa.toml") << text;
  return load_settings(folder / "esclusa.toml", {}).value();
}

}  // namespace

TEST_CASE("settings example: as it is, it changes nothing") {
  const ServerSettings settings = settings_of(settings_example(setting_table()));
  const ServerSettings untouched = load_settings("", {}).value();
  CHECK(settings.data == untouched.data);
  CHECK(settings.tls_certificate.empty());
  CHECK(settings.webhooks_allow.empty());
}

TEST_CASE("settings example: every setting is in it, and every line is one that can be used") {
  const std::string text = with_all_settings();
  for (const Setting& setting : setting_table()) {
    if (setting.is_secret) continue;
    const std::string name = setting.name;
    const std::string key = name.substr(name.find('.') + 1);  // all of it without a dot
    CHECK_MESSAGE(text.contains("\n" + key + " = "), name);
    CHECK_MESSAGE(!text.contains("\n" + key + " = \"\"\n"), name,
                  " has neither default nor example");
  }
  const ServerSettings settings = settings_of(text);
  CHECK(settings.listen_host == "127.0.0.1");
  CHECK(settings.listen_port == 8080);
  CHECK(settings.data == "/var/lib/esclusa");
  CHECK(settings.webhooks_allow == std::vector<std::string>{"10.0.0.0/8", "127.0.0.0/8"});
  CHECK(settings.ssh_address == "git@deploy.example.org");
}

TEST_CASE("settings example: the defaults that it names are the defaults") {
  const ServerSettings named = settings_of(with_all_settings());
  const ServerSettings defaults = load_settings("", {}).value();
  CHECK(named.log_level == defaults.log_level);
  CHECK(named.webhooks_retry_scale == defaults.webhooks_retry_scale);
  CHECK(named.has_cache == defaults.has_cache);
  CHECK(named.ssh_repository_hooks == defaults.ssh_repository_hooks);
  CHECK(named.rate_limits.enabled == defaults.rate_limits.enabled);
  CHECK(named.rate_limits.anonymous_per_hour == defaults.rate_limits.anonymous_per_hour);
  CHECK(named.rate_limits.account_per_hour == defaults.rate_limits.account_per_hour);
  CHECK(named.rate_limits.concurrent == defaults.rate_limits.concurrent);
  CHECK(named.rate_limits.points_per_minute == defaults.rate_limits.points_per_minute);
  CHECK(named.rate_limits.content_per_minute == defaults.rate_limits.content_per_minute);
  CHECK(named.rate_limits.content_per_hour == defaults.rate_limits.content_per_hour);
}

TEST_CASE(
    "load_settings: a service keeps its data where systemd says, unless another place is set") {
  setenv("STATE_DIRECTORY", "/var/lib/esclusa-here", 1);
  CHECK(load_settings("", {}).value().data == "/var/lib/esclusa-here");
  CHECK(load_settings("", {{"data", "/srv/data"}}).value().data == "/srv/data");
  unsetenv("STATE_DIRECTORY");
}

TEST_CASE("load_settings: the key is the systemd credential, if the machine has one") {
  const test::TempFolder folder;
  setenv("CREDENTIALS_DIRECTORY", folder.path().c_str(), 1);
  CHECK(load_settings("", {}).value().secret_key_file.empty());
  std::ofstream(folder / "esclusa.key") << "k";
  CHECK(load_settings("", {}).value().secret_key_file == folder / "esclusa.key");
  CHECK(load_settings("", {{"secret_key_file", "/etc/key"}}).value().secret_key_file == "/etc/key");
  unsetenv("CREDENTIALS_DIRECTORY");
}
