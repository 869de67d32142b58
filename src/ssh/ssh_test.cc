#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>

#include "git/program.h"
#include "ssh/check.h"
#include "ssh/git_folder.h"
#include "ssh/hooks.h"
#include "ssh/serve.h"
#include "ssh/session_folder.h"
#include "ssh/setup.h"
#include "support/git_fixture.h"
#include "support/temp_folder.h"

using namespace esclusa;
using namespace esclusa::ssh;

namespace {

const std::string a(40, 'a'), b(40, 'b');

/// The output of `sshd -T` if all settings are as `ssh setup` says.
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

/// The names of the settings that are judged wrong when `name` has another value.
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

TEST_CASE("read_changes: one line for each ref, with a name in UTF-8") {
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

TEST_CASE("invoked_hook: only under the name of a hook, and only in a session") {
  unsetenv("ESCLUSA_SSH_HOOKS");
  CHECK_FALSE(invoked_hook("/tmp/esclusa-ssh-x/pre-receive"));
  setenv("ESCLUSA_SSH_HOOKS", "/tmp/esclusa-ssh-x", 1);
  CHECK(invoked_hook("/tmp/esclusa-ssh-x/pre-receive") == "pre-receive");
  CHECK(invoked_hook("update") == "update");
  CHECK_FALSE(invoked_hook("/usr/local/libexec/esclusa-ssh"));
  CHECK_FALSE(invoked_hook(""));
  unsetenv("ESCLUSA_SSH_HOOKS");
}

/// The names in a session's folder of hooks; each is a link to this program.
Names hooks_for(const std::string& repository_hooks) {
  const auto session = SessionFolder::make();
  REQUIRE(session);
  const auto hooks =
      HookFolder::make(session->path() / "hooks", {.program = "/bin/true",
                                                   .socket = "/run/keys.sock",
                                                   .session = "s",
                                                   .key = {7},
                                                   .repository_hooks = repository_hooks});
  REQUIRE(hooks);
  CHECK(std::ranges::count(hooks->environment(), "ESCLUSA_SSH_KEY=7") == 1);
  CHECK_FALSE(hooks->unreported());
  Names names;
  for (const auto& entry : std::filesystem::directory_iterator(hooks->path())) {
    CHECK(std::filesystem::read_symlink(entry.path()) == "/bin/true");
    names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

TEST_CASE("HookFolder: our hooks, and with the setting also those of the repository") {
  const test::TempFolder repository;
  for (const char* name : {"update", "post-update"}) {
    const auto hook = repository.write(name, "#!/bin/sh\n");
    if (std::string(name) == "update") {
      std::filesystem::permissions(hook, std::filesystem::perms::owner_all);
    }
  }
  CHECK(hooks_for(repository.path().string()) == Names{"post-receive", "pre-receive", "update"});
  CHECK(hooks_for("") == Names{"post-receive", "pre-receive"});
  CHECK_FALSE(HookFolder::make(repository.path() / "hooks", {.program = "/nonexistent",
                                                             .socket = "",
                                                             .session = "",
                                                             .key = {7},
                                                             .repository_hooks = ""})
                  .has_value());
}

TEST_CASE("SessionFolder: the destructor removes it and its content") {
  std::filesystem::path path;
  {
    const auto folder = SessionFolder::make();
    REQUIRE(folder);
    path = folder->path();
    std::filesystem::create_directories(path / "a/b");
    std::filesystem::create_symlink("/tmp", path / "a/tmp");
  }
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK(std::filesystem::exists("/tmp"));
}

TEST_CASE("make_git_folder: the repository's refs and objects, HEAD, and a configuration of ours") {
  test::GitFixture fixture;
  const std::string sha = fixture.commit("main", "a.txt", "one\n");
  fixture.git({"config", "core.sharedRepository", "group"});
  fixture.git({"config", "core.alternateRefsCommand", "/bin/evil"});
  const std::string path = fixture.git_directory().string();
  const auto repository = git::Folder::open(path);
  REQUIRE(repository);
  const auto configuration = git::read_configuration(*repository);
  REQUIRE(configuration);
  const auto session = SessionFolder::make();
  REQUIRE(session);
  const auto folder = session->path() / "git";
  REQUIRE(make_git_folder(folder, *repository, path, *configuration));
  CHECK(test::read_file(folder / "config") ==
        "[core]\n\trepositoryFormatVersion = 0\n\tbare = true\n\tsharedRepository = group\n");
  CHECK(test::read_file(folder / "HEAD") == "ref: refs/heads/main\n");
  CHECK(std::filesystem::read_symlink(folder / "refs") == path + "/refs");
  CHECK(std::filesystem::read_symlink(folder / "objects") == path + "/objects");
  CHECK_FALSE(std::filesystem::exists(folder / "hooks"));
  const auto read = git::run_git(folder, {"rev-parse", "main"});
  REQUIRE(read);
  CHECK(read->output == sha + "\n");
}

TEST_CASE("repository_settings: limits and rules, but no setting that names a file or a program") {
  const git::Configuration configuration = {{"core.hookspath", "/evil"},
                                            {"core.alternaterefscommand", "/evil"},
                                            {"core.fsmonitor", "/evil"},
                                            {"core.attributesfile", "/evil"},
                                            {"core.worktree", "/"},
                                            {"core.bare", "false"},
                                            {"extensions.partialclone", "x"},
                                            {"gc.auto", "1"},
                                            {"gpg.program", "/evil"},
                                            {"include.path", "/evil"},
                                            {"core.bigfilethreshold", "1t"},
                                            {"core.deltabasecachelimit", "1t"},
                                            {"core.fsync", "none"},
                                            {"core.fsyncmethod", "writeout-only"},
                                            {"core.packedgitlimit", "1t"},
                                            {"pack.deltacachesize", "1t"},
                                            {"pack.threads", "1000"},
                                            {"pack.usebitmaps", "false"},
                                            {"pack.window", "1000000"},
                                            {"pack.windowmemory", "0"},
                                            {"receive.unpacklimit", "1"},
                                            {"transfer.unpacklimit", "1"},
                                            {"receive.certnonceseed", "x"},
                                            {"receive.denydeletes", "true"},
                                            {"receive.fsck.missingemail", "ignore"},
                                            {"receive.fsck.skiplist", "/evil"},
                                            {"receive.fsck.skipList=/evil.z", "error"},
                                            {"receive.fsck.a\nb", "error"},
                                            {"remote.x.url", "ext::evil"},
                                            {"transfer.hiderefs", "refs/a"},
                                            {"transfer.hiderefs", "!refs/a/b"},
                                            {"uploadpack.packobjectshook", "/evil"}};
  CHECK(repository_settings(configuration) ==
        Names{"-c", "pack.usebitmaps=false", "-c", "receive.denydeletes=true", "-c",
              "receive.fsck.missingemail=ignore", "-c", "transfer.hiderefs=refs/a", "-c",
              "transfer.hiderefs=!refs/a/b"});
}

TEST_CASE("git_arguments: both of git's programs, with settings that no repository can override") {
  const auto text = [](const Names& arguments) {
    std::string line;
    for (const auto& argument : arguments) line += argument + " ";
    return line;
  };
  const Names given = {"-c", "uploadpack.allowFilter=true"};
  const Names reads = git_arguments(core::GitService::upload_pack, given, "/srv/a.git", "");
  CHECK(reads.front() == "/usr/bin/git");
  CHECK(reads.back() == "/srv/a.git");
  CHECK(reads[reads.size() - 3] == "upload-pack");
  CHECK(text(reads).contains(" -c transfer.hideRefs=refs/deployments "));
  CHECK(text(reads).contains(" -c uploadpack.allowAnySHA1InWant=true "));
  CHECK(text(reads).contains(" -c core.hooksPath=/dev/null "));
  CHECK(text(reads).contains(" -c pack.threads=2 "));
  CHECK(text(reads).find("allowFilter=true") < text(reads).find("allowFilter=false"));
  const Names writes =
      git_arguments(core::GitService::receive_pack, {}, "/srv/a.git", "/tmp/hooks");
  CHECK(writes[writes.size() - 2] == "receive-pack");
  CHECK(text(writes).contains(" -c transfer.hideRefs=refs/deployments "));
  CHECK(text(writes).contains(" -c receive.fsckObjects=true "));
  CHECK(text(writes).contains(" -c receive.maxInputSize=1073741824 "));
  CHECK(text(writes).contains(" -c receive.denyCurrentBranch=refuse "));
  CHECK(text(writes).contains(" -c core.fsync=committed,loose-object,reference "));
  CHECK(text(writes).contains(" -c core.fsyncMethod=fsync "));
  CHECK(text(writes).contains(" -c receive.unpackLimit=1000 "));
  CHECK(text(writes).contains(" -c core.hooksPath=/tmp/hooks "));
}

TEST_CASE("judge_sshd_settings: what setup prints is right, and each missing setting is reported") {
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
