#pragma once
#include <span>

#include "base/error.h"
#include "base/json_writer.h"
#include "core/environment.h"
#include "wire/urls.h"

/// Environments and their branch policies, as GitHub's API shows them.
namespace esclusa::wire {

/// The body of `PUT …/environments/{name}`, which may be `null`. An unknown key is refused, as on
/// GitHub: a misspelled rule would protect nothing. A null member means its default.
Result<core::EnvironmentChange> parse_environment_change(std::string_view body);
/// The body of `POST …/deployment-branch-policies`.
Result<core::BranchPolicy> parse_new_branch_policy(std::string_view body);
/// Reads `name` from the body of `PUT …/deployment-branch-policies/{id}`.
Result<std::string> parse_branch_policy_name(std::string_view body);

/// The URL of an environment. Slashes of its name are encoded; GitHub leaves them, and gives 404.
std::string environment_url(const Urls& urls, const core::Repository& repository,
                            const std::string& name);
/// The URL of a branch policy, with the environment's name encoded in the same way.
std::string branch_policy_url(const Urls& urls, const core::Repository& repository,
                              const std::string& environment, BranchPolicyId id);

/// GitHub's `environment`, in its member order.
void write_environment(JsonWriter& json, const core::EnvironmentDetails& environment,
                       const core::Repository& repository, const Urls& urls);
/// The members that every form of an environment begins with. The caller closes the object.
void begin_environment(JsonWriter& json, EnvironmentId id, const std::string& name,
                       const core::Repository& repository, const Urls& urls);
/// GitHub's list of reviewers; each element has a `type` and a `reviewer`.
void write_reviewers(JsonWriter& json, std::span<const core::ReviewerProfile> reviewers,
                     const Urls& urls);
/// GitHub's `deployment-branch-policy`.
void write_branch_policy(JsonWriter& json, const core::BranchPolicy& policy,
                         const core::Repository& repository);

}  // namespace esclusa::wire
