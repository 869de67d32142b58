#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "sql/connection.h"

/// Rows of earlier versions that are not in the smaller form yet
/// (docs/decisions/0040-smaller-rows.md).
namespace esclusa::store {

/// The rows of a table with ids after `next_after`, up to `last`.
struct Recoding {
  std::string table;
  int64_t next_after = 0;
  int64_t last = 0;
};

/// What is left; nothing once all rows have the smaller form.
std::vector<Recoding> list_recodings(sql::Reader& db);
/// Remembers how far it is; forgets it when it is done.
void save_recoding(sql::Writer& tx, const Recoding& recoding);

}  // namespace esclusa::store
