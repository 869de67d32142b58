#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "core/deployment.h"
#include "core/page.h"
#include "core/repository.h"
#include "core/team.h"
#include "sql/connection.h"
#include "store/accounts.h"

namespace esclusa::store {

/// Inserts the repository; nullopt if the owner has one of that name. A former name that equals
/// this name is deleted.
std::optional<RepositoryId> insert_repository(sql::Writer& tx, const core::Repository& repository);
std::optional<core::Repository> find_repository(sql::Reader& db, RepositoryId id);
/// The name is compared without regard to case.
std::optional<core::Repository> find_repository(sql::Reader& db, std::string_view owner,
                                                std::string_view name);
/// All repositories that are registered now.
std::vector<core::Repository> list_repositories(sql::Reader& db);
int64_t count_repositories(sql::Reader& db, AccountId owner, core::Visibility visibility);

/// Writes every field that may change except the name and the time of removal.
void update_repository(sql::Writer& tx, const core::Repository& repository);
/// Writes the source and the name of the default branch, if the stored name is still `former`.
bool save_default_branch(sql::Writer& tx, const core::Repository& repository,
                         std::string_view former, Timestamp now);
/// Keeps the row, and frees the repository's name and its former names.
void remove_repository(sql::Writer& tx, const core::Repository& repository, Timestamp now);
bool is_removed(sql::Reader& db, RepositoryId id);

/// Renames the repository, and keeps the old name as a former name. If the owner has another
/// repository of the new name, changes nothing and returns false.
bool rename_repository(sql::Writer& tx, const core::Repository& repository, std::string_view name,
                       Timestamp now);
/// The repository that had this name before, if no repository has it now.
std::optional<core::Repository> find_renamed(sql::Reader& db, std::string_view owner,
                                             std::string_view name);

/// The highest role that the account was granted: directly, by its teams, and admin for the owners
/// of the repository's organization.
core::Role find_role(sql::Reader& db, const core::Repository& repository, AccountId account);
/// `Role::none` removes the grant.
void set_role(sql::Writer& tx, RepositoryId repository, AccountId account, core::Role role);

/// The row of the environment's name, whose case does not count.
std::optional<core::EnvironmentName> find_environment_name(sql::Reader& db, RepositoryId repository,
                                                           std::string_view name);
/// The row of the environment's name. Creates it with this spelling if it does not exist.
core::EnvironmentName ensure_environment_name(sql::Writer& tx, RepositoryId repository,
                                              std::string_view name, Timestamp now);

// For joins in other files: the columns of a repository `r` and its owner `o`.
inline constexpr int repository_column_count = 14 + account_column_count;
std::string repository_columns();
core::Repository read_repository(const sql::Row& row);

}  // namespace esclusa::store
