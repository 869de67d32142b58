#include "app/environments.h"

#include <algorithm>

#include "app/deployment_events.h"
#include "app/gates.h"
#include "app/reviewers.h"
#include "base/check.h"
#include "base/limits.h"
#include "core/new_environment.h"
#include "core/ref_pattern.h"
#include "store/deployments.h"
#include "store/environments.h"
#include "wire/audit_detail.h"

namespace esclusa::app {
namespace {

/// Records the environment's gates as the change leaves them, or as they were when it was deleted;
/// the earlier rows of the audit log tell what held before.
void audit(Change& change, std::string_view action, const core::Environment& environment) {
  change.audit(
      {action, environment.repository_id, environment.id.value, core::audit_detail(environment)});
}

void audit(Change& change, std::string_view action, const core::Environment& environment,
           const core::BranchPolicy& policy) {
  change.audit({action, environment.repository_id, policy.id.value,
                wire::audit_detail({{"environment", environment.name.name},
                                    {"kind", core::to_name(policy.kind)},
                                    {"name", policy.name}})});
}

Result<core::Environment> find(Reader& db, const RepositoryAccess& access,
                               const std::string& name) {
  auto environment = store::find_environment(db, access.repository.id, name);
  if (!environment) return not_found();
  return *std::move(environment);
}

Result<core::Environment> find_or_make(Change& change, RepositoryId repository,
                                       const std::string& name) {
  if (auto found = store::find_environment(change.rows, repository, name)) {
    return *std::move(found);
  }
  if (auto named = core::check_new_environment_name(name); !named) {
    // GitHub's refusals of environments have their text in `message`, and no `errors`.
    return fail(ErrorCode::invalid, named.error().fields.at(0).message, named.error().reason_code);
  }
  return store::ensure_environment(change.rows, repository, name, change.now);
}

/// The environment, if its mode is `custom_branch_policies`. In other modes it has no patterns, as
/// on GitHub.
Result<core::Environment> find_custom(Reader& db, const RepositoryAccess& access,
                                      const std::string& name) {
  auto environment = TRY(find(db, access, name));
  if (!environment.has_custom_policies()) return not_found();
  return environment;
}

Result<core::BranchPolicy> find_policy(Reader& db, const core::Environment& environment,
                                       BranchPolicyId id) {
  const auto policies = store::list_branch_policies(db, environment.id);
  const auto found = std::ranges::find(policies, id, &core::BranchPolicy::id);
  if (found == policies.end()) return not_found();
  return *found;
}

}  // namespace

core::Listing<core::EnvironmentDetails> list_environments(Reader& db,
                                                          const RepositoryAccess& access,
                                                          const core::Page& page) {
  auto found = store::list_environments(db, access.repository.id, page);
  core::Listing<core::EnvironmentDetails> listing{{}, found.total_count};
  for (core::Environment& environment : found.items) {
    listing.items.push_back(details_for(db, access.actor, std::move(environment)));
  }
  return listing;
}

Result<core::EnvironmentDetails> get_environment(Reader& db, const RepositoryAccess& access,
                                                 const std::string& name) {
  return details_for(db, access.actor, TRY(find(db, access, name)));
}

Result<core::EnvironmentDetails> put_environment(const Context& context,
                                                 const RepositoryAccess& access,
                                                 const std::string& name,
                                                 const core::EnvironmentChange& wanted) {
  TRY(core::check_environment_change(wanted));
  return change(context, access.actor, [&](Change& change) -> Result<core::EnvironmentDetails> {
    auto environment = TRY(find_or_make(change, access.repository.id, name));
    std::vector<core::Reviewer> reviewers;
    if (wanted.reviewers) {
      reviewers = TRY(change_reviewers(change.rows, access, environment, *wanted.reviewers));
    }
    environment.rules = TRY(core::rules_after(environment, wanted, reviewers));
    environment.reviews = core::reviews_after(environment, wanted);
    environment.can_admins_bypass =
        wanted.can_admins_bypass.value_or(environment.can_admins_bypass);
    environment.requires_claim = wanted.requires_claim.value_or(environment.requires_claim);
    store::save_environment(change.rows, environment, change.now);
    audit(change, "environment.update", environment);
    judge_environment(change, access.repository, environment.name.id);
    return details_for(change.rows, access.actor, std::move(environment));
  });
}

Result<void> delete_environment(const Context& context, const RepositoryAccess& access,
                                const std::string& name) {
  return change(context, access.actor, [&](Change& change) -> Result<void> {
    const auto environment = TRY(find(change.rows, access, name));
    for (core::Deployment& deployment : store::list_held(change.rows, environment.name.id)) {
      end_held(change, deployment, core::DeploymentTrigger::environment_deleted);
      record_status(change, access.repository, deployment, core::DeploymentState::failure,
                    "The environment was deleted.");
    }
    store::delete_environment(change.rows, environment);
    audit(change, "environment.delete", environment);
    return {};
  });
}

Result<std::vector<core::BranchPolicy>> list_branch_policies(Reader& db,
                                                             const RepositoryAccess& access,
                                                             const std::string& name) {
  return store::list_branch_policies(db, TRY(find_custom(db, access, name)).id);
}

Result<core::BranchPolicy> get_branch_policy(Reader& db, const RepositoryAccess& access,
                                             const std::string& name, BranchPolicyId id) {
  return find_policy(db, TRY(find_custom(db, access, name)), id);
}

Result<CreatedBranchPolicy> create_branch_policy(const Context& context,
                                                 const RepositoryAccess& access,
                                                 const std::string& name,
                                                 const core::BranchPolicy& wanted) {
  TRY(core::check_ref_pattern(wanted.name));
  return change(context, access.actor, [&](Change& change) -> Result<CreatedBranchPolicy> {
    const auto environment = TRY(find_custom(change.rows, access, name));
    const auto present = store::list_branch_policies(change.rows, environment.id);
    const auto same = std::ranges::find_if(present, [&](const core::BranchPolicy& candidate) {
      return candidate.kind == wanted.kind && candidate.name == wanted.name;
    });
    if (same != present.end()) {
      change.skip_audit();  // nothing changes
      return CreatedBranchPolicy{*same, false};
    }
    if (present.size() >= limits::branch_policies) {
      return fail(ErrorCode::invalid,
                  "An environment can have at most " + std::to_string(limits::branch_policies) +
                      " branch policies.",
                  "too_many_branch_policies");
    }
    const auto id = store::insert_branch_policy(change.rows, environment.id, wanted, change.now);
    ENSURE(id.has_value());
    core::BranchPolicy policy = wanted;
    policy.id = *id;
    audit(change, "branch_policy.create", environment, policy);
    judge_environment(change, access.repository, environment.name.id);
    return CreatedBranchPolicy{policy, true};
  });
}

Result<core::BranchPolicy> rename_branch_policy(const Context& context,
                                                const RepositoryAccess& access,
                                                const std::string& name, BranchPolicyId id,
                                                const std::string& pattern) {
  TRY(core::check_ref_pattern(pattern));
  return change(context, access.actor, [&](Change& change) -> Result<core::BranchPolicy> {
    const auto environment = TRY(find_custom(change.rows, access, name));
    auto policy = TRY(find_policy(change.rows, environment, id));
    policy.name = pattern;
    if (!store::rename_branch_policy(change.rows, environment.id, policy)) {
      return fail_validation({"DeploymentBranchPolicy", "name", "already_exists", ""},
                             "already_exists");
    }
    audit(change, "branch_policy.update", environment, policy);
    judge_environment(change, access.repository, environment.name.id);
    return policy;
  });
}

Result<void> delete_branch_policy(const Context& context, const RepositoryAccess& access,
                                  const std::string& name, BranchPolicyId id) {
  return change(context, access.actor, [&](Change& change) -> Result<void> {
    const auto environment = TRY(find_custom(change.rows, access, name));
    const auto policy = TRY(find_policy(change.rows, environment, id));
    store::delete_branch_policy(change.rows, id);
    audit(change, "branch_policy.delete", environment, policy);
    judge_environment(change, access.repository, environment.name.id);
    return {};
  });
}

}  // namespace esclusa::app
