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
#include "store/events.h"
#include "wire/json_writer.h"

namespace esclusa::app {
namespace {

void audit(store::Connection& tx, const RepositoryAccess& access, std::string_view action,
           int64_t target, Timestamp now, std::string detail) {
  store::insert_audit(tx, access.principal,
                      {action, access.repository.id, target, std::move(detail)}, now);
}

/// The state of the environment's gates after a change, or when it was deleted. The earlier audit
/// row has the state before.
std::string detail_of(const core::Environment& environment) {
  wire::JsonWriter json;
  json.begin_object().member("environment", environment.name.name);
  if (const auto* rule = environment.find<core::BranchPolicyRule>()) {
    json.member("branch_policy", core::to_name(rule->mode));
  }
  if (const auto* rule = environment.find<core::WaitTimerRule>()) {
    json.member("wait_timer", rule->minutes);
  }
  if (const auto* rule = environment.find<core::RequiredReviewersRule>()) {
    json.key("reviewers").begin_array();
    for (const core::Reviewer& reviewer : rule->reviewers) json.value(reviewer.name);
    json.end_array();
  }
  json.member("required_approvals", environment.reviews.required_approvals)
      .member("prevent_self_review", environment.reviews.prevent_self_review);
  json.member("can_admins_bypass", environment.can_admins_bypass).end_object();
  return json.take();
}

std::string detail_of(const core::Environment& environment, const core::BranchPolicy& policy) {
  wire::JsonWriter json;
  json.begin_object()
      .member("environment", environment.name.name)
      .member("kind", core::to_name(policy.kind))
      .member("name", policy.name)
      .end_object();
  return json.take();
}

Result<core::Environment> find(store::Connection& db, const RepositoryAccess& access,
                               const std::string& name) {
  auto environment = store::find_environment(db, access.repository.id, name);
  if (!environment) return not_found();
  return *std::move(environment);
}

Result<core::Environment> find_or_make(store::Connection& tx, RepositoryId repository,
                                       const std::string& name, Timestamp now) {
  if (auto found = store::find_environment(tx, repository, name)) return *std::move(found);
  if (auto named = core::check_new_environment_name(name); !named) {
    // GitHub's refusals of environments have their text in `message`, and no `errors`.
    return fail(ErrorCode::invalid, named.error().fields.at(0).message, named.error().reason_code);
  }
  return store::ensure_environment(tx, repository, name, now);
}

/// The environment, if its mode is `custom_branch_policies`. In other modes it has no patterns, as
/// on GitHub.
Result<core::Environment> find_custom(store::Connection& db, const RepositoryAccess& access,
                                      const std::string& name) {
  auto environment = TRY(find(db, access, name));
  if (!environment.has_custom_policies()) return not_found();
  return environment;
}

Result<core::BranchPolicy> find_policy(store::Connection& db, const core::Environment& environment,
                                       BranchPolicyId id) {
  const auto policies = store::list_branch_policies(db, environment.id);
  const auto found = std::ranges::find(policies, id, &core::BranchPolicy::id);
  if (found == policies.end()) return not_found();
  return *found;
}

}  // namespace

Result<core::Listing<core::EnvironmentDetails>> list_environments(const Context& context,
                                                                  const RepositoryAccess& access,
                                                                  const core::Page& page) {
  return context.database.read([&](store::Connection& db) {
    auto found = store::list_environments(db, access.repository.id, page);
    core::Listing<core::EnvironmentDetails> listing{{}, found.total_count};
    for (core::Environment& environment : found.items) {
      listing.items.push_back(details_for(db, access.principal, std::move(environment)));
    }
    return listing;
  });
}

Result<core::EnvironmentDetails> get_environment(const Context& context,
                                                 const RepositoryAccess& access,
                                                 const std::string& name) {
  return context.database.read([&](store::Connection& db) -> Result<core::EnvironmentDetails> {
    return details_for(db, access.principal, TRY(find(db, access, name)));
  });
}

Result<core::EnvironmentDetails> put_environment(const Context& context,
                                                 const RepositoryAccess& access,
                                                 const std::string& name,
                                                 const core::EnvironmentChange& change) {
  TRY(core::check_environment_change(change));
  auto changed =
      TRY(context.database.write([&](store::Connection& tx) -> Result<core::EnvironmentDetails> {
        const Timestamp now = context.now();
        auto environment = TRY(find_or_make(tx, access.repository.id, name, now));
        std::vector<core::Reviewer> reviewers;
        if (change.reviewers) {
          reviewers = TRY(change_reviewers(tx, access, environment, *change.reviewers));
        }
        environment.rules = TRY(core::rules_after(environment, change, reviewers));
        environment.reviews = core::reviews_after(environment, change);
        environment.can_admins_bypass =
            change.can_admins_bypass.value_or(environment.can_admins_bypass);
        store::save_environment(tx, environment, now);
        audit(tx, access, "environment.update", environment.id.value, now, detail_of(environment));
        judge_environment(tx, context, access, environment.name.id);
        return details_for(tx, access.principal, std::move(environment));
      }));
  context.events_committed();
  return changed;
}

Result<void> delete_environment(const Context& context, const RepositoryAccess& access,
                                const std::string& name) {
  TRY(context.database.write([&](store::Connection& tx) -> Result<void> {
    const auto environment = TRY(find(tx, access, name));
    const Timestamp now = context.now();
    for (core::Deployment& deployment : store::list_held(tx, environment.name.id)) {
      end_held(tx, context, access, deployment, core::DeploymentTrigger::environment_deleted);
      record_status(tx, context, access, deployment, core::DeploymentState::failure,
                    "The environment was deleted.", now);
    }
    store::delete_environment(tx, environment);
    audit(tx, access, "environment.delete", environment.id.value, now, detail_of(environment));
    return {};
  }));
  context.events_committed();
  return {};
}

Result<std::vector<core::BranchPolicy>> list_branch_policies(const Context& context,
                                                             const RepositoryAccess& access,
                                                             const std::string& name) {
  return context.database.read(
      [&](store::Connection& db) -> Result<std::vector<core::BranchPolicy>> {
        return store::list_branch_policies(db, TRY(find_custom(db, access, name)).id);
      });
}

Result<core::BranchPolicy> get_branch_policy(const Context& context, const RepositoryAccess& access,
                                             const std::string& name, BranchPolicyId id) {
  return context.database.read([&](store::Connection& db) -> Result<core::BranchPolicy> {
    return find_policy(db, TRY(find_custom(db, access, name)), id);
  });
}

Result<CreatedBranchPolicy> create_branch_policy(const Context& context,
                                                 const RepositoryAccess& access,
                                                 const std::string& name,
                                                 core::BranchPolicy policy) {
  TRY(core::check_ref_pattern(policy.name));
  auto created =
      TRY(context.database.write([&](store::Connection& tx) -> Result<CreatedBranchPolicy> {
        const auto environment = TRY(find_custom(tx, access, name));
        const auto present = store::list_branch_policies(tx, environment.id);
        const auto same = std::ranges::find_if(present, [&](const core::BranchPolicy& candidate) {
          return candidate.kind == policy.kind && candidate.name == policy.name;
        });
        if (same != present.end()) return CreatedBranchPolicy{*same, false};
        if (present.size() >= limits::branch_policies) {
          return fail(ErrorCode::invalid,
                      "An environment can have at most " + std::to_string(limits::branch_policies) +
                          " branch policies.",
                      "too_many_branch_policies");
        }
        const Timestamp now = context.now();
        const auto id = store::insert_branch_policy(tx, environment.id, policy, now);
        ENSURE(id.has_value());
        policy.id = *id;
        audit(tx, access, "branch_policy.create", policy.id.value, now,
              detail_of(environment, policy));
        judge_environment(tx, context, access, environment.name.id);
        return CreatedBranchPolicy{policy, true};
      }));
  context.events_committed();
  return created;
}

Result<core::BranchPolicy> rename_branch_policy(const Context& context,
                                                const RepositoryAccess& access,
                                                const std::string& name, BranchPolicyId id,
                                                const std::string& pattern) {
  TRY(core::check_ref_pattern(pattern));
  auto renamed =
      TRY(context.database.write([&](store::Connection& tx) -> Result<core::BranchPolicy> {
        const auto environment = TRY(find_custom(tx, access, name));
        auto policy = TRY(find_policy(tx, environment, id));
        policy.name = pattern;
        if (!store::rename_branch_policy(tx, environment.id, policy)) {
          return fail_validation({"DeploymentBranchPolicy", "name", "already_exists", ""},
                                 "already_exists");
        }
        audit(tx, access, "branch_policy.update", id.value, context.now(),
              detail_of(environment, policy));
        judge_environment(tx, context, access, environment.name.id);
        return policy;
      }));
  context.events_committed();
  return renamed;
}

Result<void> delete_branch_policy(const Context& context, const RepositoryAccess& access,
                                  const std::string& name, BranchPolicyId id) {
  TRY(context.database.write([&](store::Connection& tx) -> Result<void> {
    const auto environment = TRY(find_custom(tx, access, name));
    const auto policy = TRY(find_policy(tx, environment, id));
    store::delete_branch_policy(tx, id);
    audit(tx, access, "branch_policy.delete", id.value, context.now(),
          detail_of(environment, policy));
    judge_environment(tx, context, access, environment.name.id);
    return {};
  }));
  context.events_committed();
  return {};
}

}  // namespace esclusa::app
