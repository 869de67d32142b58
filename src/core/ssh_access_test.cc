#include "core/ssh_access.h"

#include <doctest/doctest.h>

#include <chrono>

using namespace esclusa;
using namespace esclusa::core;

namespace {

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
