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

/// Inserts it; nothing if the owner has one of that name. The name leads to no other one any more.
std::optional<RepositoryId> insert_repository(sql::Connection& tx,
                                              const core::Repository& repository);
std::optional<core::Repository> find_repository(sql::Connection& db, RepositoryId id);
/// Without regard to case.
std::optional<core::Repository> find_repository(sql::Connection& db, std::string_view owner,
                                                std::string_view name);
/// All that are registered now.
std::vector<core::Repository> list_repositories(sql::Connection& db);
int64_t count_repositories(sql::Connection& db, AccountId owner, core::Visibility visibility);

/// Writes everything that may change but the name and what concerns the removal.
void update_repository(sql::Connection& tx, const core::Repository& repository);
/// Writes where the default branch comes from, and its name, if it still is the `former` one.
bool save_default_branch(sql::Connection& tx, const core::Repository& repository,
                         std::string_view former, Timestamp now);
/// Keeps the row, and frees the name and those that it had before.
void remove_repository(sql::Connection& tx, const core::Repository& repository, Timestamp now);
bool is_removed(sql::Connection& db, RepositoryId id);

/// Gives it another name, and keeps the old one as a former name; false, and nothing is changed, if
/// the owner has another of that name.
bool rename_repository(sql::Connection& tx, const core::Repository& repository,
                       std::string_view name, Timestamp now);
/// The repository that bore the name, which none bears now.
std::optional<core::Repository> find_renamed(sql::Connection& db, std::string_view owner,
                                             std::string_view name);

/// The highest of what the account was granted: in person, by its teams, and admin for the owners
/// of the organization that owns it.
core::Role find_role(sql::Connection& db, const core::Repository& repository, AccountId account);
/// `Role::none` takes the grant away.
void set_role(sql::Connection& tx, RepositoryId repository, AccountId account, core::Role role);

/// The name row of the environment; made at first mention, with that spelling.
core::EnvironmentName ensure_environment_name(sql::Connection& tx, RepositoryId repository,
                                              std::string_view name, Timestamp now);

// For the joins of the other files: the columns of a repository `r` and its owner `o`.
inline constexpr int repository_column_count = 14 + account_column_count;
std::string repository_columns();
core::Repository read_repository(const sql::Row& row);

}  // namespace esclusa::store
