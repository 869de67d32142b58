#include "agent/ssh_config.h"

#include <doctest/doctest.h>

#include "support/temp_folder.h"

namespace esclusa::agent {
namespace {
namespace fs = std::filesystem;

const std::string head = R"(
server = "http://127.0.0.1:8080/"
token_file = "agent.token"
work = "agent-work"
mode = "pull"
[[deploy]]
environment = "*"
repository = "demo/shop"
command = ["./deploy.sh"]
)";
const std::string ssh_git = "git = \"ssh://git@host:2222/demo/shop.git\"\n";
const std::string path_git = "git = \"/srv/git/shop.git\"\n";
const std::string access = "ssh_key = \"agent.key\"\nssh_known_hosts = \"known_hosts\"\n";
const std::string target_access =
    "target_key = \"agent.key\"\ntarget_known_hosts = \"known_hosts\"\n";

struct Folder {
  test::TempFolder folder;
  Folder() {
    folder.write("agent.token", "esc_token\n");
    folder.write("agent.key", "-----BEGIN OPENSSH PRIVATE KEY-----\n");
    folder.write("known_hosts", "# mine\n[host]:2222 ssh-ed25519 AAAA\n");
    protect("agent.key");
  }
  void protect(const std::string& name) const {
    fs::permissions(folder / name, fs::perms::owner_read | fs::perms::owner_write);
  }
  Result<Config> load(const std::string& lines) const {
    return load_config(folder.write("agent.toml", head + lines));
  }
  std::string error_of(const std::string& lines) const {
    auto config = load(lines);
    REQUIRE(!config);
    CHECK(config.error().code == ErrorCode::invalid);
    return config.error().message;
  }
};

bool contains(const std::string& text, std::string_view part) {
  if (text.contains(part)) return true;
  MESSAGE(text);
  return false;
}

TEST_CASE("load_config: a git over SSH has a key and host keys, named from the file's folder") {
  Folder files;
  auto config = files.load(ssh_git + access);
  REQUIRE_MESSAGE(config, config.error().message);
  const Rule& rule = config->rules.front();
  REQUIRE(rule.git_access);
  CHECK(rule.git_access->key == files.folder / "agent.key");
  CHECK(rule.git_access->known_hosts == files.folder / "known_hosts");
  CHECK(!rule.target);
  CHECK(!files.load(path_git)->rules.front().git_access);
}

TEST_CASE("load_config: a git over SSH without them is refused, and they without it") {
  Folder files;
  CHECK(contains(files.error_of(ssh_git), "`ssh_key` is missing; add, for example: ssh_key = "));
  CHECK(contains(files.error_of("git = \"git@host:demo/shop.git\"\n"), "`ssh_key` is missing"));
  const std::string message = files.error_of(ssh_git + "ssh_key = \"agent.key\"\n");
  CHECK(contains(message, "`ssh_known_hosts` is missing; add, for example: ssh_known_hosts = "));
  CHECK(contains(message, "ssh-keyscan -p PORT HOST"));
  CHECK(contains(files.error_of(path_git + access), "`git` is not reached by SSH: /srv/git"));
  CHECK(contains(files.error_of(path_git + target_access), "there is no `target`"));
}

TEST_CASE("load_config: keys that others can use, and files that hold none, are refused") {
  Folder files;
  fs::permissions(files.folder / "agent.key", fs::perms::group_read, fs::perm_options::add);
  CHECK(contains(files.error_of(ssh_git + access), "; run chmod 600 "));
  files.folder.write("agent.key", "ssh-ed25519 AAAA\n");
  files.protect("agent.key");
  CHECK(contains(files.error_of(ssh_git + access), "`ssh_key`: there is no private key in "));
  fs::remove(files.folder / "agent.key");
  CHECK(contains(files.error_of(ssh_git + access), "`ssh_key`: cannot read "));
  CHECK(contains(files.error_of(ssh_git + "ssh_key = \"a%h\"\n"), "take a name without"));
  Folder others;
  others.folder.write("known_hosts", "\n# none\n");
  CHECK(contains(others.error_of(ssh_git + access), "there is no host's key in "));
}

TEST_CASE("load_config: a target is a user, a host and perhaps a port") {
  Folder files;
  struct Example {
    std::string text, user, host;
    uint16_t port;
  };
  for (const Example& example : {Example{"ssh://deploy@www.example", "deploy", "www.example", 22},
                                 Example{"ssh://d-1_x.y@h:2222", "d-1_x.y", "h", 2222},
                                 Example{"ssh://root@[::1]", "root", "::1", 22},
                                 Example{"ssh://root@[fe80::2]:65535", "root", "fe80::2", 65535}}) {
    CAPTURE(example.text);
    auto config = files.load(path_git + "target = \"" + example.text + "\"\n" + target_access);
    REQUIRE_MESSAGE(config, config.error().message);
    const auto& target = config->rules.front().target;
    REQUIRE(target);
    CHECK(target->text == example.text);
    CHECK(target->user == example.user);
    CHECK(target->host == example.host);
    CHECK(target->port == example.port);
    CHECK(target->access.key == files.folder / "agent.key");
    CHECK(target->access.known_hosts == files.folder / "known_hosts");
  }
  for (const char* text : {"deploy@host",
                           "ssh://host",
                           "ssh://@host",
                           "ssh://deploy@",
                           "ssh://deploy@host/path",
                           "ssh://deploy@host:",
                           "ssh://deploy@host:0",
                           "ssh://deploy@host:65536",
                           "ssh://deploy@host:22x",
                           "ssh://deploy@host:-1",
                           "ssh://-oProxyCommand=id@host",
                           "ssh://deploy@-oProxyCommand=id",
                           "ssh://deploy:word@host",
                           "ssh://a@b@host",
                           "ssh://deploy@[::1",
                           "ssh://deploy@[::1]x",
                           "ssh://deploy@[$(id)]",
                           "ssh://deploy@ho st",
                           "ssh://deploy@[]",
                           "https://deploy@host",
                           "ssh://d\u00e9@host"}) {
    CAPTURE(text);
    CHECK(contains(
        files.error_of(path_git + "target = \"" + std::string(text) + "\"\n" + target_access),
        "`target` must be ssh://USER@HOST or ssh://USER@HOST:PORT"));
  }
  CHECK(contains(files.error_of(path_git + "target = \"ssh://deploy@host\"\n"),
                 "`target_key` is missing"));
}

}  // namespace
}  // namespace esclusa::agent
