#pragma once
#include <optional>
#include <string>

#include "base/crypto.h"
#include "base/time.h"
#include "sql/connection.h"

namespace esclusa::store {

/// Identifies a server's data and the key that belongs to it.
struct DataIdentity {
  std::string identity;    ///< a UUID
  std::string key_digest;  ///< `key_digest` of the key and the identity
};

/// Lower-case hex; does not reveal the key.
std::string key_digest(const LockedSecret& key, const std::string& identity);

/// nullopt if the database has none yet, or lacks the table.
std::optional<DataIdentity> find_identity(sql::Reader& db);
void insert_identity(sql::Writer& tx, const DataIdentity& identity, Timestamp now);

/// A change of the key that has begun and has not ended: some texts are sealed by this key, others
/// by the one in `DataIdentity`.
struct KeyRotation {
  std::string key_id;      ///< `k2`
  std::string key_digest;  ///< `key_digest` of the new key and the identity
};
/// nullopt also if the database lacks the table.
std::optional<KeyRotation> find_key_rotation(sql::Reader& db);
void begin_key_rotation(sql::Writer& tx, const KeyRotation& rotation, Timestamp now);
/// From now on the new key belongs to the identity.
void end_key_rotation(sql::Writer& tx, const std::string& key_digest);

/// As `find_identity`, but the engine does not answer from pages that it holds in memory: for who
/// asks whether the database can be read.
std::optional<DataIdentity> read_identity_from_disk(sql::Reader& db);
/// Writes it as it is: for who asks whether the database can be written.
void rewrite_identity(sql::Writer& tx);

}  // namespace esclusa::store
