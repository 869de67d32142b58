#include "store/identity.h"

#include "sql/inspect.h"

namespace esclusa::store {

std::string key_digest(const Secret& key, const std::string& identity) {
  return hmac_sha256_hex(key.reveal(), "esclusa data identity " + identity);
}

std::optional<DataIdentity> find_identity(sql::Reader& db) {
  if (!sql::has_table(db, "data_identity")) return std::nullopt;
  return db.one("select identity, key_digest from data_identity", {}, [](const sql::Row& row) {
    return DataIdentity{std::string(row.text(0)), std::string(row.text(1))};
  });
}

void insert_identity(sql::Writer& tx, const DataIdentity& identity, Timestamp now) {
  tx.execute("insert into data_identity (identity, key_digest, created_at) values ($1, $2, $3)",
             {identity.identity, identity.key_digest, to_micros(now)});
}

std::optional<DataIdentity> read_identity_from_disk(sql::Reader& db) {
  if (db.engine() == sql::Engine::sqlite) db.each("pragma shrink_memory", {}, [](const auto&) {});
  return find_identity(db);
}

void rewrite_identity(sql::Writer& tx) {
  tx.execute("update data_identity set identity = identity");
}

}  // namespace esclusa::store
