#include "core/ssh_door.h"

#include <doctest/doctest.h>

#include <chrono>

using namespace esclusa;
using namespace esclusa::core;

namespace {

/// For example `upload-pack demo/shop`; empty if the command was refused.
std::string read(std::string_view command) {
  const auto request = parse_ssh_command(command);
  if (!request) return "";
  return std::string(to_name(request->service)) + " " + request->full_name();
}

Repository repository(int64_t id, bool writable) {
  Repository repository;
  repository.id = {id};
  repository.owner.login = "demo";
  repository.name = "shop";
  repository.writable = writable;
  return repository;
}

DeployKey key(bool read_only) {
  DeployKey key;
  key.id = {1};
  key.repository_id = {7};
  key.read_only = read_only;
  return key;
}

std::string reason(const Result<void>& judged) { return judged ? "" : judged.error().reason_code; }

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
  CHECK(authorized_key_line({"ssh-ed25519 AAAA", "SHA256:x"}, "/usr/bin/x ssh serve --key-id 4") ==
        "restrict,command=\"/usr/bin/x ssh serve --key-id 4\" ssh-ed25519 AAAA");
}

TEST_CASE("is_plain_path: absolute, without characters that a shell or sshd treats specially") {
  CHECK(is_plain_path("/usr/local/libexec/esclusa"));
  CHECK(is_plain_path("/home/a.b_c-d+e@f/keys.sock"));
  for (const char* bad : {"", "keys.sock", "/a b", "/a\"b", "/a'b", "/a$b", "/a\nb", "/a%u", "/ä",
                          "/a\\b", "/a;b", "/a,b"}) {
    CAPTURE(bad);
    CHECK_FALSE(is_plain_path(bad));
  }
  CHECK_FALSE(is_plain_path("/" + std::string(600, 'a')));
}

TEST_CASE("check_key_opens: refuses a deleted or expired key, and a key whose owner is blocked") {
  const Timestamp now = from_micros(1'000'000);
  const std::chrono::microseconds tick(1);
  CHECK(reason(check_key_opens(key(false), now)) == "");
  CHECK(reason(check_key_opens(std::nullopt, now)) == "key_disabled");
  DeployKey over = key(false);
  over.expires_at = now;
  CHECK(reason(check_key_opens(over, now)) == "key_disabled");
  CHECK(reason(check_key_opens(over, now - tick)) == "");
  DeployKey blocked = key(false);
  blocked.added_by.blocked_at = now - tick;
  CHECK(reason(check_key_opens(blocked, now)) == "key_disabled");
}

TEST_CASE("check_ssh_session: only the key's repository, and what key and repository allow") {
  using enum GitService;
  struct Row {
    bool key_read_only, writable;
    GitService service;
    const char* reason;
  };
  const Row rows[] = {
      {true, true, upload_pack, ""},   {true, true, receive_pack, "key_read_only"},
      {true, false, upload_pack, ""},  {true, false, receive_pack, "key_read_only"},
      {false, true, upload_pack, ""},  {false, true, receive_pack, ""},
      {false, false, upload_pack, ""}, {false, false, receive_pack, "repository_read_only"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.key_read_only);
    CAPTURE(row.writable);
    const SshRequest request{row.service, "demo", "shop"};
    const DeployKey asking = key(row.key_read_only);
    CHECK(reason(check_ssh_session(asking, repository(7, row.writable), request)) == row.reason);
    CHECK(reason(check_ssh_session(asking, repository(8, row.writable), request)) ==
          "wrong_repository");
    CHECK(reason(check_ssh_session(asking, std::nullopt, request)) == "wrong_repository");
  }
  // The same message for an existing repository and an absent one.
  const SshRequest request{upload_pack, "demo", "shop"};
  CHECK(check_ssh_session(key(true), repository(8, true), request).error().message ==
        check_ssh_session(key(true), std::nullopt, request).error().message);
}
