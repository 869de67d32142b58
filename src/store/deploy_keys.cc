#include "store/deploy_keys.h"

#include "store/accounts.h"
#include "store/columns.h"
#include "store/conditions.h"

namespace esclusa::store {
namespace {

std::string select_keys(const std::string& condition) {
  return "select k.id, k.repository_id, k.title, k.public_key, k.fingerprint, k.read_only, "
         "k.created_at, k.expires_at, k.last_used_at, " +
         account_columns("a") + " from deploy_key k join account a on a.id = k.added_by_id " +
         condition;
}

core::DeployKey read_key(const sql::Row& row) {
  return {
      .id = {row.integer(0)},
      .repository_id = {row.integer(1)},
      .title = std::string(row.text(2)),
      .key = {std::string(row.text(3)), std::string(row.text(4))},
      .read_only = row.boolean(5),
      .added_by = read_account(row, 9),
      .created_at = from_micros(row.integer(6)),
      .expires_at = read_optional_time(row, 7),
      .last_used_at = read_optional_time(row, 8),
  };
}

}  // namespace

std::optional<DeployKeyId> insert_deploy_key(sql::Writer& tx, const core::DeployKey& key,
                                             const core::Actor& added_by) {
  return tx.one(
      "insert into deploy_key (repository_id, title, public_key, fingerprint, read_only, "
      "added_by_id, added_by_token_id, created_at, expires_at) "
      "values ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
      "on conflict (fingerprint) where deleted_at is null do nothing returning id",
      {key.repository_id.value, key.title, key.key.text, key.key.fingerprint, key.read_only,
       key.added_by.id.value, token_value(added_by), to_micros(key.created_at),
       time_value(key.expires_at)},
      [](const sql::Row& row) { return DeployKeyId{row.integer(0)}; });
}

std::optional<core::DeployKey> find_deploy_key(sql::Reader& db, RepositoryId repository,
                                               DeployKeyId id) {
  static const std::string sql =
      select_keys("where k.repository_id = $1 and k.id = $2 and k.deleted_at is null");
  return db.one(sql, {repository.value, id.value}, read_key);
}

std::optional<core::DeployKey> find_deploy_key(sql::Reader& db, std::string_view fingerprint) {
  static const std::string sql = select_keys("where k.fingerprint = $1 and k.deleted_at is null");
  return db.one(sql, {fingerprint}, read_key);
}

std::optional<core::DeployKey> find_deploy_key(sql::Reader& db, DeployKeyId id) {
  static const std::string sql = select_keys("where k.id = $1 and k.deleted_at is null");
  return db.one(sql, {id.value}, read_key);
}

core::Listing<core::DeployKey> list_deploy_keys(sql::Reader& db, RepositoryId repository,
                                                const core::Page& page) {
  Conditions where("k.repository_id = $1 and k.deleted_at is null", {repository.value});
  return where.list(db, "deploy_key k", select_keys, "k.id", page, read_key);
}

std::vector<PlacedKey> list_placed_keys_of(sql::Reader& db, AccountId added_by) {
  return db.all(
      "select k.id, o.id, o.login || '/' || r.name, k.title from deploy_key k "
      "join repository r on r.id = k.repository_id join account o on o.id = r.owner_id "
      "where k.added_by_id = $1 and k.deleted_at is null order by k.id",
      {added_by.value}, [](const sql::Row& row) {
        return PlacedKey{
            {row.integer(0)}, {row.integer(1)}, std::string(row.text(2)), std::string(row.text(3))};
      });
}

void touch_deploy_key(sql::Writer& tx, DeployKeyId id, Timestamp now) {
  tx.execute("update deploy_key set last_used_at = $2 where id = $1", {id.value, to_micros(now)});
}

void delete_deploy_key(sql::Writer& tx, DeployKeyId id, Timestamp now) {
  tx.execute("update deploy_key set deleted_at = $2 where id = $1", {id.value, to_micros(now)});
}

size_t delete_deploy_keys(sql::Writer& tx, RepositoryId repository, Timestamp now) {
  return tx
      .all(
          "update deploy_key set deleted_at = $2 where repository_id = $1 and deleted_at is null "
          "returning id",
          {repository.value, to_micros(now)}, [](const sql::Row& row) { return row.integer(0); })
      .size();
}

}  // namespace esclusa::store
