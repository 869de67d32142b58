#include "store/branch_protections.h"

namespace esclusa::store {

std::optional<BranchProtectionId> insert_branch_protection(sql::Writer& tx, RepositoryId repository,
                                                           std::string_view pattern,
                                                           Timestamp now) {
  return tx.one(
      "insert into branch_protection (repository_id, pattern, created_at) values ($1, $2, $3) "
      "on conflict (repository_id, pattern) do nothing returning id",
      {repository.value, pattern, to_micros(now)},
      [](const sql::Row& row) { return BranchProtectionId{row.integer(0)}; });
}

std::optional<BranchProtectionId> delete_branch_protection(sql::Writer& tx, RepositoryId repository,
                                                           std::string_view pattern) {
  return tx.one(
      "delete from branch_protection where repository_id = $1 and pattern = $2 returning id",
      {repository.value, pattern},
      [](const sql::Row& row) { return BranchProtectionId{row.integer(0)}; });
}

std::vector<core::BranchProtection> list_branch_protections(sql::Reader& db,
                                                            RepositoryId repository) {
  return db.all(
      "select id, pattern, created_at from branch_protection where repository_id = $1 "
      "order by pattern",
      {repository.value}, [](const sql::Row& row) {
        return core::BranchProtection{
            {row.integer(0)}, std::string(row.text(1)), from_micros(row.integer(2))};
      });
}

}  // namespace esclusa::store
