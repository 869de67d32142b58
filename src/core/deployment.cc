#include "core/deployment.h"

#include "base/limits.h"
#include "base/text.h"
#include "core/names.h"

namespace esclusa::core {

bool needs_behind_count(const NewDeployment& input, MergePolicy policy) {
  return input.auto_merge && policy != MergePolicy::ignore;
}

namespace {

/// A required context that nobody reported is missing, and nobody can report one yet.
Result<void> judge_contexts(const NewDeployment& input) {
  if (!input.required_contexts || input.required_contexts->empty()) return {};
  FieldError error{"Deployment", "required_contexts", "invalid", ""};
  for (const std::string& context : *input.required_contexts) {
    error.contexts.push_back({context, "missing"});
  }
  return std::unexpected(Error{ErrorCode::conflict,
                               "Conflict: Commit status checks failed for " + input.ref + ".",
                               "required_contexts",
                               {std::move(error)},
                               {}});
}

}  // namespace

Result<DeploymentPlan> plan_deployment(const NewDeployment& input, const DeploymentFacts& facts) {
  if (!facts.resolved) {
    return fail(ErrorCode::invalid, "No ref found for: " + input.ref, "ref_not_found");
  }
  if (needs_behind_count(input, facts.merge_policy) && facts.behind_count > 0) {
    if (facts.merge_policy == MergePolicy::refuse || facts.resolved->kind != RefKind::branch) {
      return fail(
          ErrorCode::conflict,
          "Conflict merging " + facts.default_branch + " into " + input.ref + ".",
          facts.merge_policy == MergePolicy::refuse ? "auto_merge_refused" : "merge_conflict");
    }
    return fail(ErrorCode::invalid,
                input.ref + " is behind " + facts.default_branch +
                    ", and this version cannot merge it yet. Merge it yourself, or send "
                    "\"auto_merge\": false to deploy the ref as it is.",
                "not_yet");
  }
  TRY(judge_contexts(input));
  return DeploymentPlan{
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
