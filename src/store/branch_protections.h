#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "core/branch_protection.h"
#include "sql/connection.h"

namespace esclusa::store {

/// Inserts the pattern; nullopt if the repository already has it.
std::optional<BranchProtectionId> insert_branch_protection(sql::Writer& tx, RepositoryId repository,
                                                           std::string_view pattern, Timestamp now);
/// Deletes the pattern and returns its id; nullopt if there was none.
std::optional<BranchProtectionId> delete_branch_protection(sql::Writer& tx, RepositoryId repository,
                                                           std::string_view pattern);
/// Ordered by pattern.
std::vector<core::BranchProtection> list_branch_protections(sql::Reader& db,
                                                            RepositoryId repository);

}  // namespace esclusa::store
