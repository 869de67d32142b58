#pragma once
#include "sql/database.h"

namespace esclusa::sql {

/// Lower-case hex of SHA-256 over the statements without their comments and insignificant blanks:
/// a migration whose text was only laid out anew keeps its digest. The same on both engines.
std::string migration_digest(std::string_view text);

/// Refuses (`unavailable`) a database to which a migration was applied that is not in the list, or
/// that has another digest there: it belongs to another version of the program. Only reads.
Result<void> check_migrations(Connection& connection, std::span<const Migration> migrations);

}  // namespace esclusa::sql
