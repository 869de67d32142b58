#include "core/deployment.h"

#include "base/limits.h"
#include "base/text.h"
#include "core/commit_status.h"
#include "core/names.h"

namespace esclusa::core {

bool needs_behind_count(const NewDeployment& input, MergePolicy policy) {
  return input.auto_merge && policy != MergePolicy::ignore && !input.origin;
}

bool needs_contexts(const NewDeployment& input) {
  if (input.origin && input.origin->repeats.kind == DeploymentKind::rollback) return false;
  return !input.required_contexts || !input.required_contexts->empty();
}

std::unexpected<Error> merge_conflict(const std::string& default_branch, const std::string& ref,
                                      std::string reason_code) {
  return fail(ErrorCode::conflict, "Conflict merging " + default_branch + " into " + ref + ".",
              std::move(reason_code));
}

namespace {

Result<void> judge_expected_sha(const NewDeployment& input, const ResolvedRef& resolved) {
  if (!input.expected_sha || fold_case(*input.expected_sha) == resolved.sha) return {};
  return fail(ErrorCode::conflict,
              "Conflict: " + input.ref + " is at " + resolved.sha + ", not at the expected " +
                  *input.expected_sha + ".",
              "expected_sha_mismatch");
}

/// Decides whether the default branch must be merged first.
Result<DeploymentStep> judge_merge(const NewDeployment& input, const DeploymentFacts& facts) {
  if (!needs_behind_count(input, facts.merge_policy)) return DeploymentStep::insert;
  // It is unknown whether the ref is behind; unknown does not count as up to date.
  if (facts.no_default_branch) return std::unexpected(*facts.no_default_branch);
  if (facts.behind_count == 0) return DeploymentStep::insert;
  if (facts.merge_policy == MergePolicy::refuse) {
    return merge_conflict(facts.default_branch, input.ref, "auto_merge_refused");
  }
  if (facts.resolved->kind != RefKind::branch) {
    return merge_conflict(facts.default_branch, input.ref);
  }
  return DeploymentStep::merge;
}

Result<void> judge_contexts(const NewDeployment& input, const DeploymentFacts& facts) {
  if (!needs_contexts(input)) return {};
  auto evaluated = evaluate_contexts(input.required_contexts, facts.contexts);
  if (all_succeeded(evaluated)) return {};
  FieldError error{"Deployment", "required_contexts", "invalid", "", std::move(evaluated)};
  return std::unexpected(Error{ErrorCode::conflict,
                               "Conflict: Commit status checks failed for " + input.ref + ".",
                               "required_contexts",
                               {std::move(error)},
                               {}});
}

}  // namespace

Result<DeploymentPlan> plan_deployment(const NewDeployment& input, const DeploymentFacts& facts) {
  if (!facts.resolved && input.origin) {
    return fail(ErrorCode::invalid,
                "The commit of deployment " + std::to_string(input.origin->repeats.origin.value) +
                    " is gone from the repository: " + input.origin->ref.sha,
                "commit_vanished");
  }
  if (!facts.resolved) {
    return fail(ErrorCode::invalid, "No ref found for: " + input.ref, "ref_not_found");
  }
  if (facts.forbidden) return std::unexpected(*facts.forbidden);
  TRY(judge_expected_sha(input, *facts.resolved));
  const DeploymentStep step = TRY(judge_merge(input, facts));
  // A merge makes another commit: reports about this commit say nothing about the merged one.
  if (step == DeploymentStep::insert) TRY(judge_contexts(input, facts));
  return DeploymentPlan{
      .step = step,
      .sha = facts.resolved->sha,
      .production_environment =
          input.production_environment.value_or(fold_case(input.environment) == "production"),
  };
}

Result<void> check_new_deployment(const NewDeployment& input) {
  auto too_long = [](const std::string& field, size_t most) {
    return fail_validation({"Deployment", field, "custom",
                            field + " is too long (maximum is " + std::to_string(most) + ")"},
                           "too_long");
  };
  if (input.ref.empty()) {
    return fail_validation({"Deployment", "ref", "missing_field", ""}, "missing_field");
  }
  if (input.ref.size() > limits::ref_bytes) return too_long("ref", limits::ref_bytes);
  if (input.task.empty()) {
    return fail_validation({"Deployment", "task", "missing_field", ""}, "missing_field");
  }
  if (utf8_length(input.task) > limits::task_chars) return too_long("task", limits::task_chars);
  if (has_control_characters(input.task)) {  // it becomes an environment variable and a cell
    return fail_validation(
        {"Deployment", "task", "custom", "task must be a line of text without control characters"},
        "invalid_task");
  }
  if (input.description && utf8_length(*input.description) > limits::description_chars) {
    return too_long("description", limits::description_chars);
  }
  if (input.payload.size() > limits::payload_bytes) {
    return too_long("payload", limits::payload_bytes);
  }
  return check_environment_name(input.environment);
}

Result<void> check_deletable(const Deployment& deployment, bool only_one_in_environment) {
  if (deployment.state != DeploymentState::success || only_one_in_environment) return {};
  return std::unexpected(
      Error{ErrorCode::invalid,
            "Validation Failed",
            "deployment_active",
            {},
            {"We cannot delete an active deployment unless it is the only deployment in a given "
             "environment."}});
}

}  // namespace esclusa::core
