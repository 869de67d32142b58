#pragma once
#include "sql/database.h"

namespace esclusa::sql {

/// How far a migration is.
struct MigrationProgress {
  std::string_view migration;
  size_t done = 0;
  size_t steps = 0;
};

/// Applies the migrations that are not applied, and calls `on_step` after each step. A line
/// `{step}` divides a migration into steps. Each step is a transaction of its own: what is killed
/// goes on with the next step.
Result<void> migrate(Database& database, std::span<const Migration> migrations,
                     const std::function<void(const MigrationProgress&)>& on_step);

/// Lower-case hex of SHA-256 over the statements without comments and insignificant blanks: a
/// change of layout keeps the digest. The same for both engines.
std::string migration_digest(std::string_view text);

/// Refuses (`unavailable`) a database with an applied migration that is not in `migrations`, or has
/// another digest there: such a database belongs to another version of the program. Only reads.
Result<void> check_migrations(Reader& connection, std::span<const Migration> migrations);

}  // namespace esclusa::sql
