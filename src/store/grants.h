#pragma once
#include <string>
#include <string_view>

#include "core/account.h"
#include "sql/connection.h"

/// What was granted to whom in repositories, as SQL that other files put into their statements.
namespace esclusa::store {

/// The repository whose grants are selected, and the account to which they are narrowed (empty: all
/// of them), each as an expression of the statement around it: a parameter or a column.
struct GrantScope {
  std::string_view repository;
  std::string_view owner;
  std::string_view account = {};
};

/// A select of `account_id`, `level` (the number of a core::Role) and `is_direct` for each grant:
/// in person, by a team, as an owner of the organization, and as the user who owns the repository.
std::string select_grants(const GrantScope& scope);
/// An expression for the highest of them, for one account; null where there is none.
std::string select_highest_grant(const GrantScope& scope);

/// A column of that kind; null is `Role::none`.
core::Role read_level(const sql::Row& row, int column);

}  // namespace esclusa::store
