#include "store/idempotency.h"

namespace esclusa::store {

std::optional<RememberedCreate> find_idempotency_key(sql::Reader& db,
                                                     const IdempotencyKeyOwner& owner,
                                                     Timestamp since) {
  return db.one(
      "select body_digest, resource_id from idempotency_key where account_id = $1 and "
      "repository_id = $2 and idempotency_key = $3 and created_at >= $4",
      {owner.account.value, owner.repository.value, owner.key, to_micros(since)},
      [](const sql::Row& row) {
        return RememberedCreate{std::string(row.text(0)), row.integer(1)};
      });
}

bool take_idempotency_key(sql::Writer& tx, const IdempotencyKeyOwner& owner,
                          const std::string& body_digest, Timestamp now, Timestamp since) {
  // The others that are as old are pruned (store/retention.cc).
  tx.execute(
      "delete from idempotency_key where account_id = $1 and repository_id = $2 and "
      "idempotency_key = $3 and created_at < $4",
      {owner.account.value, owner.repository.value, owner.key, to_micros(since)});
  return tx.execute(
             "insert into idempotency_key (account_id, repository_id, idempotency_key, "
             "body_digest, resource_id, created_at) values ($1, $2, $3, $4, 0, $5) "
             "on conflict (account_id, repository_id, idempotency_key) do nothing",
             {owner.account.value, owner.repository.value, owner.key, body_digest,
              to_micros(now)}) > 0;
}

void remember_resource(sql::Writer& tx, const IdempotencyKeyOwner& owner, int64_t id) {
  tx.execute(
      "update idempotency_key set resource_id = $4 where account_id = $1 and "
      "repository_id = $2 and idempotency_key = $3",
      {owner.account.value, owner.repository.value, owner.key, id});
}

}  // namespace esclusa::store
