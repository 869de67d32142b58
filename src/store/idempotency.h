#pragma once
#include <optional>
#include <string>

#include "base/ids.h"
#include "base/time.h"
#include "sql/connection.h"

namespace esclusa::store {

/// The owner of a key: the same text from another account, or for another repository, is a
/// different key.
struct IdempotencyKeyOwner {
  AccountId account;
  RepositoryId repository;
  std::string key;
};

/// What a key returns: the id of the deployment or status that was created. The digest tells which
/// of the two.
struct RememberedCreate {
  std::string body_digest;
  int64_t resource_id;
};

/// nullopt if the key was not used since `since`.
std::optional<RememberedCreate> find_idempotency_key(sql::Reader& db,
                                                     const IdempotencyKeyOwner& owner,
                                                     Timestamp since);
/// Takes the key for a create in this transaction, also one that was used before `since`. False if
/// another create has taken it; on PostgreSQL that create has committed by then.
bool take_idempotency_key(sql::Writer& tx, const IdempotencyKeyOwner& owner,
                          const std::string& body_digest, Timestamp now, Timestamp since);
/// Stores the id of what was created with the key.
void remember_resource(sql::Writer& tx, const IdempotencyKeyOwner& owner, int64_t id);

}  // namespace esclusa::store
