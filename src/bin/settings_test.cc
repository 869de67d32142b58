#include "bin/settings.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>

#include "bin/settings_look.h"
#include "support/temp_folder.h"

using namespace esclusa;

namespace {

using Origin = SettingValue::Origin;

/// An environment variable while it is there.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
  ~Variable() { unsetenv(name_); }
  Variable(const Variable&) = delete;

 private:
  const char* const name_;
};

struct File {
  test::TempFolder folder;
  std::string path;

  explicit File(const std::string& text) : path((folder / "esclusa.toml").string()) {
    std::ofstream(path) << text;
  }
};

const SettingValue& value_of(const LoadedSettings& loaded, std::string_view name) {
  return *std::ranges::find(loaded.values, name,
                            [](const SettingValue& value) { return value.setting->name; });
}

std::string problems_of(const LoadedSettings& loaded) {
  std::string text;
  for (const SettingProblem& problem : loaded.problems) {
    text += problem.place + ": " + problem.text + "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("setting_table: no two settings share a name, a variable or a flag") {
  std::set<std::string> names, variables, flags;
  size_t flag_count = 0;
  for (const Setting& setting : setting_table()) {
    CAPTURE(setting.name);
    names.insert(setting.name);
    variables.insert(setting.variable());
    CHECK(setting.flag().empty() == setting.is_secret);
    if (!setting.is_secret) ++flag_count;
    flags.insert(setting.flag());
    CHECK(find_setting(setting.name) == &setting);
    if (!setting.rival.empty()) {
      REQUIRE(find_setting(setting.rival) != nullptr);
      CHECK(find_setting(setting.rival)->rival == setting.name);
    }
    // The default is one that the setting accepts.
    ServerSettings settings;
    if (!setting.initial().empty()) CHECK(setting.set(settings, setting.initial()));
    if (!setting.example.empty()) CHECK(setting.set(settings, setting.example));
  }
  flags.erase("");
  CHECK(names.size() == setting_table().size());
  CHECK(variables.size() == setting_table().size());
  CHECK(flags.size() == flag_count);
  CHECK(find_setting("webhooks") == nullptr);
  CHECK(find_setting("webhooks.allow")->variable() == "ESCLUSA_WEBHOOKS_ALLOW");
  CHECK(find_setting("webhooks.retry_scale")->flag() == "--webhooks-retry-scale");
}

TEST_CASE("setting_table: values that a setting cannot have are refused, and change nothing") {
  const std::pair<const char*, std::vector<const char*>> wrong[] = {
      {"listen",
       {"", "8080", ":8080", "host:", "host:x", "host:65536", "host:80 ", "unix:", "unix:a.sock"}},
      {"listen_mode", {"", "888", "1777", "-1", "0o660", "660 "}},
      {"external_url", {"", "deploy.example.org", "ftp://x", "http://x/repos", "http://x/?a"}},
      {"trusted_proxies", {"127.0.0.1,proxy", "*", "0.0.0.0/0", "local"}},
      {"log_level", {"", "loud", "Info"}},
      {"cache", {"", "yes", "1"}},
      {"rate_limit.concurrent", {"", "0", "-1", "1.5", "many"}},
      {"webhooks.retry_scale", {"", "0", "-1", "x", "1x", "nan"}},
      {"webhooks.allow", {"10.0.0.0/33", "everything"}},
      {"ssh.address", {"host", "@host", "git@", "a@b@c", "git@ho st"}},
      {"metrics.token", {"short", "sixteen characters with blanks"}},
      {"retention.attempts", {"", "5", "1m"}},
  };
  for (const auto& [name, values] : wrong) {
    for (const char* value : values) {
      CAPTURE(name);
      CAPTURE(value);
      ServerSettings settings;
      const auto set = find_setting(name)->set(settings, value);
      REQUIRE_FALSE(set);
      CHECK(set.error().code == ErrorCode::invalid);
      CHECK_FALSE(set.error().message.empty());
    }
  }
}

TEST_CASE("read_settings: the file, then the environment, then the flags; each tells its place") {
  const File file("listen = \"h:1\"\nlog_level = \"debug\"\n\n[ssh]\nuser = \"git\"\n");
  const Variable level("ESCLUSA_LOG_LEVEL", "error");
  const Variable listen("ESCLUSA_LISTEN", "h:2");
  const LoadedSettings loaded = read_settings(file.path, {{"listen", "[::1]:3"}});
  CHECK(problems_of(loaded).empty());
  CHECK(loaded.settings.listen_host == "::1");
  CHECK(loaded.settings.listen_port == 3);
  CHECK(loaded.settings.log_level == "error");
  CHECK(loaded.settings.ssh_user == "git");
  CHECK(value_of(loaded, "listen").origin == Origin::flag);
  CHECK(value_of(loaded, "listen").place == "--listen");
  CHECK(value_of(loaded, "log_level").origin == Origin::environment);
  CHECK(value_of(loaded, "log_level").place == "ESCLUSA_LOG_LEVEL");
  CHECK(value_of(loaded, "ssh.user").origin == Origin::file);
  CHECK(value_of(loaded, "ssh.user").place == file.path + ":5");
  CHECK(value_of(loaded, "cache").origin == Origin::initial);
  CHECK(value_of(loaded, "cache").value == "true");
  CHECK(loaded.values.size() == setting_table().size());
}

TEST_CASE("read_settings: all mistakes are found, each with its place and the nearest name") {
  const File file(
      "lisen = \"h:1\"\n[webhooks]\nallows = []\nallow = [1]\n[nothing.like.it]\nx = 1\n");
  const Variable flag("ESCLUSA_CACHE", "perhaps");
  const LoadedSettings loaded = read_settings(file.path, {{"listen", "x"}});
  const std::string text = problems_of(loaded);
  CAPTURE(text);
  CHECK(text.contains(file.path + ":1: there is no setting \"lisen\"; did you mean \"listen\"?"));
  CHECK(text.contains(file.path + ":3: there is no setting \"webhooks.allows\"; did you mean "
                                  "\"webhooks.allow\"?"));
  CHECK(text.contains(file.path + ":4: the setting webhooks.allow should hold strings"));
  CHECK(text.contains(file.path + ":6: there is no setting \"nothing.like.it.x\"; `esclusa"));
  CHECK(text.contains("ESCLUSA_CACHE: the setting cache is \"perhaps\", but should be true or"));
  CHECK(text.contains("--listen: the setting listen is \"x\", but should be HOST:PORT"));
  CHECK(loaded.problems.size() == 6);
  CHECK(load_settings(file.path, {}).error().message.starts_with(file.path + ":"));
  CHECK(load_settings("/nowhere.toml", {}).error().message.starts_with("/nowhere.toml: "));
}

TEST_CASE("read_settings: a variable that is no setting is a warning, a known one is none") {
  const Variable unknown("ESCLUSA_LOGLEVEL", "debug");
  const Variable known("ESCLUSA_TOKEN_FILE", "/nowhere");
  const LoadedSettings loaded = read_settings("", {});
  CHECK(loaded.problems.empty());
  const auto is_of = [](const char* name) {
    return [=](const SettingProblem& warning) { return warning.place == name; };
  };
  REQUIRE(std::ranges::count_if(loaded.warnings, is_of("ESCLUSA_LOGLEVEL")) == 1);
  CHECK(std::ranges::find_if(loaded.warnings, is_of("ESCLUSA_LOGLEVEL"))
            ->text.contains("did you mean \"ESCLUSA_LOG_LEVEL\"?"));
  CHECK(std::ranges::none_of(loaded.warnings, is_of("ESCLUSA_TOKEN_FILE")));
}

TEST_CASE("read_settings: a secret and its file take each other's place, and are not shown") {
  const std::string token = "0123456789abcdef";
  const File file("[metrics]\ntoken_file = \"/a\"\n");
  {
    const Variable variable("ESCLUSA_METRICS_TOKEN", token.c_str());
    const LoadedSettings loaded = read_settings(file.path, {});
    CHECK(problems_of(loaded).empty());
    CHECK(loaded.settings.metrics_token.reveal() == token);
    CHECK(loaded.settings.metrics_token_file.empty());
    CHECK(value_of(loaded, "metrics.token").value.empty());
    CHECK(value_of(loaded, "metrics.token_file").origin == Origin::initial);
    const LoadedSettings by_flag = read_settings(file.path, {{"metrics.token_file", "/b"}});
    CHECK(by_flag.settings.metrics_token_file == "/b");
    CHECK(by_flag.settings.metrics_token.empty());
  }
  const File both("[metrics]\ntoken_file = \"/a\"\ntoken = \"" + token + "\"\n");
  const std::string text = problems_of(read_settings(both.path, {}));
  CHECK(text.contains("metrics.token and metrics.token_file exclude each other"));
  const File short_one("[metrics]\ntoken = \"hush\"\n");
  const std::string refused = problems_of(read_settings(short_one.path, {}));
  CHECK(refused.contains("metrics.token is not usable"));
  CHECK_FALSE(refused.contains("hush"));
}

TEST_CASE("read_settings: small numbers keep their value") {
  const File file("[webhooks]\nretry_scale = 0.00000025\n");
  CHECK(load_settings(file.path, {}).value().webhooks_retry_scale == 0.00000025);
}

TEST_CASE("changed_settings: by the value, also of a secret, and not by the place") {
  const LoadedSettings before = read_settings(
      "", {{"listen", "h:1"}, {"log_level", "info"}, {"metrics.token", "0123456789abcdef"}});
  const LoadedSettings after =
      read_settings("", {{"listen", "h:2"}, {"metrics.token", "fedcba9876543210"}});
  std::vector<std::string> names;
  for (const Setting* setting : changed_settings(before, after)) names.push_back(setting->name);
  CHECK(names == std::vector<std::string>{"listen", "metrics.token"});
  CHECK(changed_settings(before, before).empty());
}

TEST_CASE("look_at_settings: an address of its own for the metrics, and hosts that resolve") {
  const LoadedSettings right =
      read_settings("", {{"listen", "127.0.0.1:0"}, {"metrics.listen", "127.0.0.1:0"}});
  CHECK(look_at_settings(right).empty());
  const LoadedSettings same =
      read_settings("", {{"listen", "127.0.0.1:9"}, {"metrics.listen", "127.0.0.1:9"}});
  REQUIRE(look_at_settings(same).size() == 1);
  CHECK(look_at_settings(same)[0].place == "--metrics-listen");
  const LoadedSettings nowhere = read_settings("", {{"listen", "300.0.0.1.invalid:0"}});
  REQUIRE(look_at_settings(nowhere).size() == 1);
  CHECK(look_at_settings(nowhere)[0].text.contains("cannot be resolved"));
}
