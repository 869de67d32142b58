#include "core/commit_status.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "core/names.h"

namespace esclusa::core {

Result<void> check_new_commit_status(const NewCommitStatus& input) {
  if (input.description && utf8_length(*input.description) > limits::status_description_chars) {
    return fail_validation(
        {"Status", "description", "custom", "Description is too long (maximum is 140 characters)"},
        "too_long");
  }
  if (input.context.empty() || utf8_length(input.context) > limits::context_chars ||
      has_control_characters(input.context)) {
    return fail_validation({"Status", "context", "custom",
                            "Context is too short or too long (maximum is 255 characters)"},
                           "invalid_context");
  }
  return check_link(input.target_url.value_or(""), "Status", "target_url");
}

CommitState combine(const std::vector<CommitStatus>& latest) {
  auto any = [&](CommitState state) {
    return std::ranges::any_of(latest, [&](const auto& status) { return status.state == state; });
  };
  if (any(CommitState::error) || any(CommitState::failure)) return CommitState::failure;
  if (latest.empty() || any(CommitState::pending)) return CommitState::pending;
  return CommitState::success;
}

std::vector<ContextState> evaluate_contexts(const std::optional<std::vector<std::string>>& required,
                                            const std::vector<ContextState>& reported) {
  if (!required) return reported;
  std::vector<ContextState> evaluated;
  for (const std::string& context : *required) {
    const size_t before = evaluated.size();
    for (const ContextState& report : reported) {
      if (fold_case(report.context) == fold_case(context)) evaluated.push_back(report);
    }
    if (evaluated.size() == before) evaluated.push_back({context, "missing"});
  }
  return evaluated;
}

bool all_succeeded(const std::vector<ContextState>& evaluated) {
  return std::ranges::all_of(evaluated,
                             [](const auto& context) { return context.state == "success"; });
}

}  // namespace esclusa::core
