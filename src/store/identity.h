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
std::string key_digest(const Secret& key, const std::string& identity);

/// nullopt if the database has none yet, or lacks the table.
std::optional<DataIdentity> find_identity(sql::Reader& db);
void insert_identity(sql::Writer& tx, const DataIdentity& identity, Timestamp now);

/// As `find_identity`, but the engine does not answer from pages that it holds in memory: for who
/// asks whether the database can be read.
std::optional<DataIdentity> read_identity_from_disk(sql::Reader& db);
/// Writes it as it is: for who asks whether the database can be written.
void rewrite_identity(sql::Writer& tx);

}  // namespace esclusa::store
