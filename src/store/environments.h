#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/environment.h"
#include "core/new_environment.h"
#include "core/page.h"
#include "sql/connection.h"

namespace esclusa::store {

/// The environment of that name, with its rules; made at first mention, with that spelling.
core::Environment ensure_environment(sql::Connection& tx, RepositoryId repository,
                                     std::string_view name, Timestamp now);
/// Without regard to case.
std::optional<core::Environment> find_environment(sql::Connection& db, RepositoryId repository,
                                                  std::string_view name);
/// The environment that bears the name now; nothing if it was deleted.
std::optional<core::Environment> find_environment(sql::Connection& db, EnvironmentNameId name);
/// What the repository does with deployments to environments that are not there.
core::NewEnvironments find_new_environments(sql::Connection& db, RepositoryId repository);
void set_new_environments(sql::Connection& tx, RepositoryId repository,
                          core::NewEnvironments policy);
/// The names of environments that are about as long as `name`, at most core::compared_names.
std::vector<std::string> list_similar_names(sql::Connection& db, RepositoryId repository,
                                            std::string_view name);
/// By their names' order.
core::Listing<core::Environment> list_environments(sql::Connection& db, RepositoryId repository,
                                                   const core::Page& page);
/// With its reviewers in full.
core::EnvironmentDetails with_reviewers(sql::Connection& db, core::Environment environment);
/// All of the repository that have a branch policy for protected branches.
std::vector<EnvironmentNameId> list_guarded_by_protection(sql::Connection& db,
                                                          RepositoryId repository);

/// Writes `can_admins_bypass` and the rules. Rules with an id stay, those that are missing go, and
/// those without get one here. Patterns go with their mode.
void save_environment(sql::Connection& tx, core::Environment& environment, Timestamp now);
/// With its rules and patterns; its name stays.
void delete_environment(sql::Connection& tx, const core::Environment& environment);

/// Oldest first.
std::vector<core::BranchPolicy> list_branch_policies(sql::Connection& db, EnvironmentId id);
/// Gives it an id; nothing if the environment has the pattern already.
std::optional<BranchPolicyId> insert_branch_policy(sql::Connection& tx, EnvironmentId environment,
                                                   const core::BranchPolicy& policy, Timestamp now);
/// False if the environment has the pattern already.
bool rename_branch_policy(sql::Connection& tx, EnvironmentId environment,
                          const core::BranchPolicy& policy);
void delete_branch_policy(sql::Connection& tx, BranchPolicyId id);

}  // namespace esclusa::store
