#include "store/identity.h"

#include "sql/inspect.h"

namespace esclusa::store {

std::string key_digest(const LockedSecret& key, const std::string& identity) {
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

std::optional<KeyRotation> find_key_rotation(sql::Reader& db) {
  if (!sql::has_table(db, "key_rotation")) return std::nullopt;
  return db.one("select key_id, key_digest from key_rotation", {}, [](const sql::Row& row) {
    return KeyRotation{std::string(row.text(0)), std::string(row.text(1))};
  });
}

void begin_key_rotation(sql::Writer& tx, const KeyRotation& rotation, Timestamp now) {
  tx.execute("insert into key_rotation (key_id, key_digest, began_at) values ($1, $2, $3)",
             {rotation.key_id, rotation.key_digest, to_micros(now)});
}

void end_key_rotation(sql::Writer& tx, const std::string& key_digest) {
  tx.execute("update data_identity set key_digest = $1", {key_digest});
  tx.execute("delete from key_rotation");
}

std::optional<DataIdentity> read_identity_from_disk(sql::Reader& db) {
  if (db.engine() == sql::Engine::sqlite) db.each("pragma shrink_memory", {}, [](const auto&) {});
  return find_identity(db);
}

void rewrite_identity(sql::Writer& tx) {
  tx.execute("update data_identity set identity = identity");
}

}  // namespace esclusa::store
