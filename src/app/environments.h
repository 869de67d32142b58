#pragma once
#include <string>
#include <vector>

#include "app/access.h"
#include "core/environment.h"
#include "core/page.h"

/// Environments and their protection rules. The caller has judged the access. Each change of a gate
/// judges the held deployments of the environment again in the same transaction.
namespace esclusa::app {

core::Listing<core::EnvironmentDetails> list_environments(Reader& db,
                                                          const RepositoryAccess& access,
                                                          const core::Page& page);
Result<core::EnvironmentDetails> get_environment(Reader& db, const RepositoryAccess& access,
                                                 const std::string& name);
/// Creates or updates the environment.
Result<core::EnvironmentDetails> put_environment(const Context& context,
                                                 const RepositoryAccess& access,
                                                 const std::string& name,
                                                 const core::EnvironmentChange& wanted);
/// Deletes the environment with its secrets and variables, and ends its held deployments with a
/// `failure`. The deployments remain.
Result<void> delete_environment(const Context& context, const RepositoryAccess& access,
                                const std::string& name);

/// The patterns of an environment whose mode is `custom_branch_policies`; `not_found` for any
/// other.
Result<std::vector<core::BranchPolicy>> list_branch_policies(Reader& db,
                                                             const RepositoryAccess& access,
                                                             const std::string& environment);
Result<core::BranchPolicy> get_branch_policy(Reader& db, const RepositoryAccess& access,
                                             const std::string& environment, BranchPolicyId id);
/// `is_new` is false if the environment already had the pattern: GitHub answers 303.
struct CreatedBranchPolicy {
  core::BranchPolicy policy;
  bool is_new = true;
};
Result<CreatedBranchPolicy> create_branch_policy(const Context& context,
                                                 const RepositoryAccess& access,
                                                 const std::string& environment,
                                                 const core::BranchPolicy& wanted);
Result<core::BranchPolicy> rename_branch_policy(const Context& context,
                                                const RepositoryAccess& access,
                                                const std::string& environment, BranchPolicyId id,
                                                const std::string& name);
Result<void> delete_branch_policy(const Context& context, const RepositoryAccess& access,
                                  const std::string& environment, BranchPolicyId id);

}  // namespace esclusa::app
