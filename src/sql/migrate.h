#pragma once
#include "sql/database.h"

namespace esclusa::sql {

/// Lower-case hex of SHA-256 over the statements without comments and insignificant blanks: a
/// change of layout keeps the digest. The same for both engines.
std::string migration_digest(std::string_view text);

/// Refuses (`unavailable`) a database with an applied migration that is not in `migrations`, or has
/// another digest there: such a database belongs to another version of the program. Only reads.
Result<void> check_migrations(Connection& connection, std::span<const Migration> migrations);

}  // namespace esclusa::sql
