#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "core/deployment.h"
#include "sql/connection.h"

namespace esclusa::store {

/// `select` of deployments `d`, with all that `read_deployment` reads. `condition` begins with
/// `where`.
std::string select_deployments(std::string_view condition);
/// What it repeats, of the columns `kind` and `origin_deployment_id`. NULLs are read as nothing.
std::optional<core::Repeats> read_repeats(const sql::Row& row, int column);
/// Reads the row; the app, which few deployments have, by a look-up of its own.
core::Deployment read_deployment(sql::Reader& db, const sql::Row& row);
/// The same as a function of the row alone.
inline auto deployment_reader(sql::Reader& db) {
  return [&db](const sql::Row& row) { return read_deployment(db, row); };
}

}  // namespace esclusa::store
