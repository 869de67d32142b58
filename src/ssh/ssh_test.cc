#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>

#include "ssh/check.h"
#include "ssh/hooks.h"
#include "ssh/serve.h"
#include "ssh/setup.h"
#include "support/temp_folder.h"

using namespace esclusa;
using namespace esclusa::ssh;

namespace {

const std::string a(40, 'a'), b(40, 'b');

/// What `sshd -T` would print if all were as `ssh setup` says.
std::multimap<std::string, std::string> good_settings(const Installation& installation) {
  std::string text = "port 22\nmaxstartups 300:30:600\npermituserenvironment no\n";
  for (const SshdSetting& setting : user_settings(installation)) {
    std::string line = setting.name + " " + setting.value + "\n";
    std::ranges::transform(line, line.begin(), [&, in_name = true](char c) mutable {
      in_name = in_name && c != ' ';
      return in_name && c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    });
    text += line;
  }
  return read_sshd_settings(text);
}

/// The settings that are found wrong when one of them is another.
std::vector<std::string> wrong_with(const std::string& name, const std::string& value) {
  const Installation installation{.socket = "/run/esclusa/keys.sock"};
  auto settings = good_settings(installation);
  if (!name.empty()) {
    settings.erase(name);
    settings.emplace(name, value);
  }
  std::vector<std::string> wrong;
  for (const Finding& finding : judge_sshd_settings(settings, installation)) {
    if (!finding.is_right) wrong.push_back(finding.what.substr(0, finding.what.find(' ')));
  }
  return wrong;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("read_changes: a line for each ref, whose name may have blanks of no kind but is UTF-8") {
  const auto changes =
      read_changes(a + " " + b + " refs/heads/größer\n" + b + " " + a + " refs/x\n");
  REQUIRE(changes);
  CHECK(*changes == std::vector<core::RefChange>{{"refs/heads/größer", a, b}, {"refs/x", b, a}});
  CHECK(read_changes("")->empty());
  CHECK_FALSE(read_changes(a + " " + b).has_value());
  CHECK_FALSE(read_changes("nonsense\n").has_value());
  CHECK_FALSE(read_changes(a + " " + b + " refs/heads/\xff\n").has_value());
  std::string many;
  for (int i = 0; i < 5000; ++i) many += a + " " + b + " refs/heads/" + std::to_string(i) + "\n";
  CHECK(read_changes(many)->size() == 5000);
  CHECK_FALSE(read_changes(many + a + " " + b + " refs/heads/more\n").has_value());
}

TEST_CASE("invoked_hook: only by a hook's name, and only in a session") {
  unsetenv("ESCLUSA_SSH_HOOKS");
  CHECK_FALSE(invoked_hook("/tmp/esclusa-ssh-x/pre-receive"));
  setenv("ESCLUSA_SSH_HOOKS", "/tmp/esclusa-ssh-x", 1);
  CHECK(invoked_hook("/tmp/esclusa-ssh-x/pre-receive") == "pre-receive");
  CHECK(invoked_hook("update") == "update");
  CHECK_FALSE(invoked_hook("/usr/local/libexec/esclusa"));
  CHECK_FALSE(invoked_hook(""));
  unsetenv("ESCLUSA_SSH_HOOKS");
}

TEST_CASE("HookFolder: links for our hooks and for those that the repository has, while it lives") {
  const test::TempFolder repository;
  for (const char* name : {"update", "post-update"}) {
    const auto hook = repository.write(name, "#!/bin/sh\n");
    if (std::string(name) == "update") {
      std::filesystem::permissions(hook, std::filesystem::perms::owner_all);
    }
  }
  std::filesystem::path folder;
  {
    const auto hooks = HookFolder::make({.program = "/bin/true",
                                         .socket = "/run/keys.sock",
                                         .session = "s",
                                         .key = {7},
                                         .repository_hooks = repository.path().string()});
    REQUIRE(hooks);
    folder = hooks->path();
    Names names;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      CHECK(std::filesystem::read_symlink(entry.path()) == "/bin/true");
      names.push_back(entry.path().filename().string());
    }
    std::ranges::sort(names);
    CHECK(names == Names{"post-receive", "pre-receive", "update"});
    CHECK(std::ranges::count(hooks->environment(), "ESCLUSA_SSH_KEY=7") == 1);
    CHECK_FALSE(hooks->unreported());
  }
  CHECK_FALSE(std::filesystem::exists(folder));
  CHECK_FALSE(HookFolder::make({.program = "/nonexistent",
                                .socket = "",
                                .session = "",
                                .key = {7},
                                .repository_hooks = repository.path().string()})
                  .has_value());
}

TEST_CASE("git_arguments: git's two programs, with settings that no repository loosens") {
  const auto text = [](const Names& arguments) {
    std::string line;
    for (const auto& argument : arguments) line += argument + " ";
    return line;
  };
  const Names reads = git_arguments(core::GitService::upload_pack, "/srv/a.git", "");
  CHECK(reads.front() == "/usr/bin/git");
  CHECK(reads.back() == "/srv/a.git");
  CHECK(reads[reads.size() - 3] == "upload-pack");
  CHECK(text(reads).contains(" -c transfer.hideRefs=refs/deployments "));
  CHECK(text(reads).contains(" -c uploadpack.allowAnySHA1InWant=false "));
  CHECK(text(reads).contains(" -c core.hooksPath=/dev/null "));
  const Names writes = git_arguments(core::GitService::receive_pack, "/srv/a.git", "/tmp/hooks");
  CHECK(writes[writes.size() - 2] == "receive-pack");
  CHECK(text(writes).contains(" -c transfer.hideRefs=refs/deployments "));
  CHECK(text(writes).contains(" -c receive.fsckObjects=true "));
  CHECK(text(writes).contains(" -c receive.maxInputSize=1073741824 "));
  CHECK(text(writes).contains(" -c receive.denyCurrentBranch=refuse "));
  CHECK(text(writes).contains(" -c core.hooksPath=/tmp/hooks "));
}

TEST_CASE("judge_sshd_settings: what setup prints is right, and each setting is missed") {
  CHECK(wrong_with("", "").empty());
  const std::pair<const char*, const char*> loosened[] = {
      {"authorizedkeyscommand", "none"},
      {"authorizedkeyscommanduser", "root"},
      {"authorizedkeysfile", ".ssh/authorized_keys"},
      {"authenticationmethods", "any"},
      {"pubkeyauthentication", "no"},
      {"passwordauthentication", "yes"},
      {"kbdinteractiveauthentication", "yes"},
      {"permittty", "yes"},
      {"permituserrc", "yes"},
      {"allowtcpforwarding", "local"},
      {"allowstreamlocalforwarding", "yes"},
      {"allowagentforwarding", "yes"},
      {"x11forwarding", "yes"},
      {"permittunnel", "ethernet"},
      {"maxauthtries", "100"},
      {"maxsessions", "0"},
      {"acceptenv", "*"},
      {"acceptenv", "LANG"},
      {"permituserenvironment", "yes"},
      {"maxstartups", "10:30:100"},
  };
  for (const auto& [name, value] : loosened) {
    CAPTURE(name);
    CHECK(wrong_with(name, value).size() == 1);
  }
  CHECK(wrong_with("acceptenv", "GIT_PROTOCOL LANG LC_*").empty());
}

TEST_CASE("read_sshd_settings: names in lower case, several values for one name") {
  const auto settings = read_sshd_settings("AcceptEnv LANG\nacceptenv LC_*\nport 22\nnonsense\n");
  CHECK(settings.count("acceptenv") == 2);
  CHECK(settings.find("port")->second == "22");
  CHECK(settings.size() == 3);
}
