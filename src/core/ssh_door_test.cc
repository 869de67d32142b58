#include "core/ssh_door.h"

#include <doctest/doctest.h>

#include "base/limits.h"

using namespace esclusa;
using namespace esclusa::core;

namespace {

/// For example `upload-pack demo/shop`; empty if the command was refused.
std::string read(std::string_view command) {
  const auto request = parse_ssh_command(command);
  if (!request) return "";
  return std::string(to_name(request->service)) + " " + request->full_name();
}

}  // namespace

TEST_CASE("parse_ssh_command: accepts what git clients send") {
  struct Row {
    const char* command;
    const char* meaning;
  };
  const Row rows[] = {
      {"git-upload-pack 'demo/shop.git'", "upload-pack demo/shop"},
      {"git-upload-pack '/demo/shop.git'", "upload-pack demo/shop"},
      {"git-upload-pack 'demo/shop'", "upload-pack demo/shop"},
      {"git upload-pack '/demo/shop'", "upload-pack demo/shop"},
      {"git-receive-pack 'demo/shop.git'", "receive-pack demo/shop"},
      {"git receive-pack 'demo/shop'", "receive-pack demo/shop"},
      {"git-upload-pack 'Demo-1/a.b_c-d.git'", "upload-pack Demo-1/a.b_c-d"},
      {"git-upload-pack 'demo/.github.git'", "upload-pack demo/.github"},
      {"git-upload-pack 'ci[bot]/shop.git'", "upload-pack ci[bot]/shop"},
      {"git-upload-pack 'demo/-c.git'", "upload-pack demo/-c"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.command);
    CHECK(read(row.command) == row.meaning);
  }
}

TEST_CASE("parse_ssh_command: refuses everything else") {
  const std::string long_one = "git-upload-pack 'demo/" + std::string(5000, 'a') + "'";
  const std::string_view with_nul("git-upload-pack 'demo/shop\0.git'", 32);
  const std::string_view refused[] = {
      "",
      " ",
      "sh",
      "git",
      "git-upload-pack",
      "git-upload-pack ",
      "git-upload-pack '",
      "git-upload-pack ''",
      "git-upload-pack '/'",
      "git-upload-pack demo/shop",
      "git-upload-pack demo/shop.git",
      "git-upload-pack \"demo/shop\"",
      "git-upload-pack 'demo/shop.git",
      "git-upload-pack demo/shop.git'",
      "git-upload-pack  'demo/shop.git'",
      " git-upload-pack 'demo/shop.git'",
      "git-upload-pack 'demo/shop.git' ",
      "git-upload-pack\t'demo/shop.git'",
      "git-upload-pack 'demo/shop.git'\n",
      "git-upload-pack 'demo/shop.git'; sh",
      "git-upload-pack 'demo/shop.git' 'x'",
      "git-upload-pack '--help'",
      "git-upload-pack --help 'demo/shop'",
      "git-upload-pack '-demo/shop'",
      "git-upload-pack 'demo/shop'\\'''",
      "git-upload-pack 'demo/sh''op'",
      "git-upload-pack '//demo/shop'",
      "git-upload-pack 'demo//shop'",
      "git-upload-pack 'demo/shop/'",
      "git-upload-pack 'demo/shop/x'",
      "git-upload-pack 'demo/..'",
      "git-upload-pack '../shop'",
      "git-upload-pack 'demo/.git'",
      "git-upload-pack 'demo/shop.git.git'",
      "git-upload-pack 'demo/shop.GIT'",
      "git-upload-pack '~demo/shop'",
      "git-upload-pack 'demo/$(id)'",
      "git-upload-pack 'demo/shop`id`'",
      "git-upload-pack 'demo/shöp'",
      "git-upload-archive 'demo/shop'",
      "git upload-archive 'demo/shop'",
      "git-lfs-authenticate demo/shop.git download",
      "git-shell",
      "git  upload-pack 'demo/shop'",
      "git -c x=y upload-pack 'demo/shop'",
      "GIT-UPLOAD-PACK 'demo/shop'",
      "git-upload-packs 'demo/shop'",
      "/usr/bin/git-upload-pack 'demo/shop'",
      "scp -t /tmp",
      "/usr/lib/openssh/sftp-server",
      "internal-sftp",
      with_nul,
      long_one,
  };
  for (const std::string_view command : refused) {
    CAPTURE(command);
    const auto request = parse_ssh_command(command);
    REQUIRE_FALSE(request.has_value());
    CHECK(request.error().reason_code == "ssh_command_refused");
  }
}

TEST_CASE("is_git_protocol: the known versions, and no value with a line end") {
  for (const char* good : {"version=0", "version=1", "version=2", "version=2:object-format=sha1"}) {
    CAPTURE(good);
    CHECK(is_git_protocol(good));
  }
  const std::string long_one = "version=2:" + std::string(300, 'a');
  for (const std::string_view bad :
       {std::string_view(""), std::string_view("version="), std::string_view("version=3"),
        std::string_view("version=22"), std::string_view("version=2\n"),
        std::string_view("version=2:\x1b"), std::string_view("xversion=2"), std::string_view("2"),
        std::string_view(long_one)}) {
    CAPTURE(bad);
    CHECK_FALSE(is_git_protocol(bad));
  }
}

TEST_CASE("authorized_key_line: the key is restricted to the command") {
  CHECK(authorized_key_line("ssh-ed25519 AAAA", "/usr/bin/x serve --key-id 4") ==
        "restrict,command=\"/usr/bin/x serve --key-id 4\" ssh-ed25519 AAAA");
}

TEST_CASE("key_line: two words, none of which can be an option or begin another line") {
  CHECK(key_line("ssh-ed25519", "AAAA+/==") == "ssh-ed25519 AAAA+/==");
  CHECK(key_line("sk-ssh-ed25519@openssh.com", "AAAA") == "sk-ssh-ed25519@openssh.com AAAA");
  const std::pair<std::string_view, std::string_view> refused[] = {
      {"", ""},
      {"", "AAAA"},
      {"ssh-ed25519", ""},
      {"ssh-ed25519", "AAAA x"},
      {"ssh-ed25519", "AAAA\nssh-ed25519"},
      {"ssh-ed25519", "AAAA\r"},
      {"ssh-ed25519", std::string_view("AAAA\0", 5)},
      {"ssh-ed25519 AAAA", "AAAA"},
      {"command=\"id\"", "AAAA"},
      {"no-pty,x", "AAAA"},
      {"#", "AAAA"}};
  for (const auto& [type, blob] : refused) {
    CAPTURE(type);
    CAPTURE(blob);
    CHECK_FALSE(key_line(type, blob).has_value());
  }
  const std::string longest(limits::public_key_bytes - std::string_view("ssh-rsa").size(), 'A');
  CHECK(key_line("ssh-rsa", longest).has_value());
  CHECK_FALSE(key_line("ssh-rsa", longest + "A").has_value());
}

TEST_CASE("is_plain_path: absolute, without characters that a shell or sshd treats specially") {
  CHECK(is_plain_path("/usr/local/libexec/esclusa-ssh"));
  CHECK(is_plain_path("/home/a.b_c-d+e@f/keys.sock"));
  for (const char* bad : {"", "keys.sock", "/a b", "/a\"b", "/a'b", "/a$b", "/a\nb", "/a%u", "/ä",
                          "/a\\b", "/a;b", "/a,b"}) {
    CAPTURE(bad);
    CHECK_FALSE(is_plain_path(bad));
  }
  CHECK_FALSE(is_plain_path("/" + std::string(600, 'a')));
}
