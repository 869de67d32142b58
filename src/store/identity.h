#pragma once
#include <optional>
#include <string>

#include "base/crypto.h"
#include "base/time.h"
#include "sql/connection.h"

namespace esclusa::store {

/// Tells one server's data from another's, and which key belongs to it.
struct DataIdentity {
  std::string identity;    ///< a UUID
  std::string key_digest;  ///< `key_digest` of the key and the identity
};

/// Lower-case hex; says nothing about the key.
std::string key_digest(const Secret& key, const std::string& identity);

/// Nothing if the store has none yet; the table may be missing.
std::optional<DataIdentity> find_identity(sql::Connection& db);
void insert_identity(sql::Connection& tx, const DataIdentity& identity, Timestamp now);

}  // namespace esclusa::store
