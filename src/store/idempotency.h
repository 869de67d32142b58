#pragma once
#include <optional>
#include <string>

#include "base/ids.h"
#include "base/time.h"
#include "sql/connection.h"

namespace esclusa::store {

/// Whose key it is: the same text of another account, or for another repository, is another key.
struct IdempotencyKeyOwner {
  AccountId account;
  RepositoryId repository;
  std::string key;
};

/// What a key stands for: the id of what was made, a deployment or a status. The digest tells
/// which.
struct RememberedCreate {
  std::string body_digest;
  int64_t resource_id;
};

/// Nothing if the key was not used since `since`.
std::optional<RememberedCreate> find_idempotency_key(sql::Connection& db,
                                                     const IdempotencyKeyOwner& owner,
                                                     Timestamp since);
/// Takes the key for a create of this transaction, and forgets those from before `since`. False if
/// another create has it; on PostgreSQL that one has committed by then.
bool take_idempotency_key(sql::Connection& tx, const IdempotencyKeyOwner& owner,
                          const std::string& body_digest, Timestamp now, Timestamp since);
/// Lets the key stand for what was made.
void remember_resource(sql::Connection& tx, const IdempotencyKeyOwner& owner, int64_t id);

}  // namespace esclusa::store
