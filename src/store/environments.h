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

/// The environment of that name, with its rules. Creates it with this spelling if it does not
/// exist.
core::Environment ensure_environment(sql::Writer& tx, RepositoryId repository,
                                     std::string_view name, Timestamp now);
/// The name is compared without regard to case.
std::optional<core::Environment> find_environment(sql::Reader& db, RepositoryId repository,
                                                  std::string_view name);
/// The present environment of the name; nullopt if it was deleted.
std::optional<core::Environment> find_environment(sql::Reader& db, EnvironmentNameId name);
/// Whether deployments to this repository may create environments that do not exist.
core::NewEnvironments find_new_environments(sql::Reader& db, RepositoryId repository);
void set_new_environments(sql::Writer& tx, RepositoryId repository, core::NewEnvironments policy);
/// The names of environments of about the same length as `name`, at most core::compared_names.
std::vector<std::string> list_similar_names(sql::Reader& db, RepositoryId repository,
                                            std::string_view name);
/// Ordered by name.
core::Listing<core::Environment> list_environments(sql::Reader& db, RepositoryId repository,
                                                   const core::Page& page);
/// The environment with the profiles of its reviewers.
core::EnvironmentDetails with_reviewers(sql::Reader& db, core::Environment environment);
/// The repository's environments whose branch policy is for protected branches.
std::vector<EnvironmentNameId> list_guarded_by_protection(sql::Reader& db, RepositoryId repository);

/// Saves `can_admins_bypass` and the rules. Rules with an id are kept, rules that are missing are
/// deleted, and rules without an id get one. Patterns are deleted when their mode ends.
void save_environment(sql::Writer& tx, core::Environment& environment, Timestamp now);
/// Deletes the environment with its rules, patterns, secrets and variables; the row of its name
/// stays.
void delete_environment(sql::Writer& tx, const core::Environment& environment);

/// Oldest first.
std::vector<core::BranchPolicy> list_branch_policies(sql::Reader& db, EnvironmentId id);
/// Inserts the policy and returns its id; nullopt if the environment already has the pattern.
std::optional<BranchPolicyId> insert_branch_policy(sql::Writer& tx, EnvironmentId environment,
                                                   const core::BranchPolicy& policy, Timestamp now);
/// False if the environment already has the pattern.
bool rename_branch_policy(sql::Writer& tx, EnvironmentId environment,
                          const core::BranchPolicy& policy);
void delete_branch_policy(sql::Writer& tx, BranchPolicyId id);

}  // namespace esclusa::store
