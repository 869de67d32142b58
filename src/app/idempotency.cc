#include "app/idempotency.h"

#include "base/limits.h"

namespace esclusa::app {

store::IdempotencyKeyOwner owner_of(const RepositoryAccess& access,
                                    const core::IdempotencyKey& key) {
  // Agents share an account, and each has keys of its own. A key has no line feed.
  const core::AgentGrant* agent = access.actor.agent();
  const std::string whose = agent != nullptr ? std::to_string(agent->token.id.value) + "\n" : "";
  return {access.actor.sender().id, access.repository.id, whose + key.key};
}

Result<std::optional<int64_t>> find_made(Reader& db, const RepositoryAccess& access,
                                         const core::IdempotencyKey& key, Timestamp now) {
  const auto earlier =
      store::find_idempotency_key(db, owner_of(access, key), now - limits::idempotency_time);
  if (!earlier) return std::nullopt;
  if (earlier->body_digest != key.body_digest) {
    return fail(ErrorCode::invalid, "The Idempotency-Key was used before with another body.",
                "idempotency_key_reused");
  }
  return earlier->resource_id;
}

bool take_key(Change& change, const RepositoryAccess& access, const core::IdempotencyKey& key) {
  return store::take_idempotency_key(change.rows, owner_of(access, key), key.body_digest,
                                     change.now, change.now - limits::idempotency_time);
}

}  // namespace esclusa::app
