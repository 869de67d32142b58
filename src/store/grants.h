#pragma once
#include <string>
#include <string_view>

#include "core/account.h"
#include "sql/connection.h"

/// The roles granted in repositories, as SQL text for the statements of other files.
namespace esclusa::store {

/// The repository whose grants are selected, and optionally the one account (empty: all accounts).
/// Each is an SQL expression: a parameter or a column of the outer statement.
struct GrantScope {
  std::string_view repository;
  std::string_view owner;
  std::string_view account = {};
};

/// A select of `account_id`, `level` (the number of a core::Role) and `is_direct` for each grant:
/// direct, by a team, as an owner of the organization, and as the user who owns the repository.
std::string select_grants(const GrantScope& scope);
/// An expression for the highest level of one account; null if it has no grant.
std::string select_highest_grant(const GrantScope& scope);

/// Reads a column with a level; null is `Role::none`.
core::Role read_level(const sql::Row& row, int column);

}  // namespace esclusa::store
