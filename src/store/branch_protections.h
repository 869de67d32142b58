#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "core/branch_protection.h"
#include "sql/connection.h"

namespace esclusa::store {

/// Inserts it; nothing if the repository has it already.
std::optional<BranchProtectionId> insert_branch_protection(sql::Connection& tx,
                                                           RepositoryId repository,
                                                           std::string_view pattern, Timestamp now);
/// The one that is gone now; nothing if there was none.
std::optional<BranchProtectionId> delete_branch_protection(sql::Connection& tx,
                                                           RepositoryId repository,
                                                           std::string_view pattern);
/// By pattern.
std::vector<core::BranchProtection> list_branch_protections(sql::Connection& db,
                                                            RepositoryId repository);

}  // namespace esclusa::store
