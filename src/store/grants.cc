#include "store/grants.h"

namespace esclusa::store {
namespace {

/// The number of the core::Role that the column names, so that SQL can compare roles.
std::string level_of(std::string_view column) {
  std::string text = "case " + std::string(column);
  for (const auto& [role, name] : core::enum_names<core::Role>::values) {
    text += " when '" + std::string(name) + "' then " + std::to_string(static_cast<int>(role));
  }
  return text + " end";
}

}  // namespace

std::string select_grants(const GrantScope& scope) {
  const std::string repository(scope.repository), owner(scope.owner), account(scope.account);
  auto narrowed = [&](const std::string& column) {
    return account.empty() ? "" : " and " + column + " = " + account;
  };
  const std::string admin = std::to_string(static_cast<int>(core::Role::admin));
  return "select g.account_id, " + level_of("g.role") +
         " as level, 1 as is_direct from repository_role g where g.repository_id = " + repository +
         narrowed("g.account_id") + " union all select gm.account_id, " + level_of("gt.role") +
         ", 0 from team_member gm join team_repository gt on gt.team_id = gm.team_id "
         "where gt.repository_id = " +
         repository + narrowed("gm.account_id") + " union all select go.account_id, " + admin +
         ", 0 from organization_member go where go.organization_id = " + owner +
         " and go.role = 'admin'" + narrowed("go.account_id") + " union all select ga.id, " +
         admin + ", 1 from account ga where ga.kind <> 'organization' and ga.id = " + owner +
         narrowed("ga.id");
}

std::string select_highest_grant(const GrantScope& scope) {
  return "(select max(level) from (" + select_grants(scope) + ") as granted)";
}

core::Role read_level(const sql::Row& row, int column) {
  return static_cast<core::Role>(
      row.optional_integer(column).value_or(static_cast<int64_t>(core::Role::none)));
}

}  // namespace esclusa::store
