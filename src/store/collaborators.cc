#include "store/collaborators.h"

#include "store/accounts.h"
#include "store/columns.h"
#include "store/conditions.h"
#include "store/grants.h"

namespace esclusa::store {

core::Listing<core::Collaborator> list_collaborators(sql::Reader& db,
                                                     const core::Repository& repository,
                                                     const core::CollaboratorFilter& filter,
                                                     const core::Page& page) {
  using core::CollaboratorAffiliation;
  static const std::string tables =
      "(select account_id, max(level) as level, max(is_direct) as is_direct from (" +
      select_grants({.repository = "$1", .owner = "$2"}) +
      ") as granted group by account_id) as c join account a on a.id = c.account_id";
  Conditions where("c.level >= $3", {repository.id.value, repository.owner.id.value,
                                     static_cast<int64_t>(filter.at_least)});
  if (filter.affiliation == CollaboratorAffiliation::direct) where.add("c.is_direct = 1");
  if (filter.affiliation == CollaboratorAffiliation::outside) {
    where.add(
        "exists (select 1 from account o where o.id = $2 and o.kind = 'organization') and "
        "not exists (select 1 from organization_member m where m.organization_id = $2 and "
        "m.account_id = c.account_id)");
  }
  auto select = [](const std::string& rest) {
    return "select " + account_columns("a") + ", c.level from " + tables + " " + rest;
  };
  return where.list(db, tables, select, "a.login_key", page, [](const sql::Row& row) {
    return core::Collaborator{read_account(row), read_level(row, account_column_count)};
  });
}

core::Role find_own_role(sql::Reader& db, RepositoryId repository, AccountId account) {
  return db
      .one("select role from repository_role where repository_id = $1 and account_id = $2",
           {repository.value, account.value},
           [](const sql::Row& row) { return read_enum<core::Role>(row, 0); })
      .value_or(core::Role::none);
}

}  // namespace esclusa::store
