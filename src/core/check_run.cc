#include "core/check_run.h"

#include "base/limits.h"
#include "base/text.h"
#include "core/names.h"

namespace esclusa::core {
namespace {

std::unexpected<Error> refused(std::string field, std::string message, std::string reason) {
  return fail_validation({"CheckRun", std::move(field), "custom", std::move(message)},
                         std::move(reason));
}

Result<void> check_length(const std::optional<std::string>& text, const std::string& field,
                          size_t most) {
  if (!text || utf8_length(*text) <= most) return {};
  return refused(field, field + " is too long (maximum is " + std::to_string(most) + " characters)",
                 "too_long");
}

}  // namespace

Result<void> check_check_run(const CheckRunInput& input) {
  if (input.name && (input.name->empty() || has_control_characters(*input.name))) {
    return refused("name", "name must be a line of text that is not empty", "invalid_context");
  }
  TRY(check_length(input.name, "name", limits::context_chars));
  TRY(check_length(input.external_id, "external_id", limits::context_chars));
  TRY(check_link(input.details_url.value_or(""), "CheckRun", "details_url"));
  if (input.status == CheckStatus::completed && !input.conclusion) {
    return fail_request("\"conclusion\" wasn't supplied.");
  }
  if (input.annotations.size() > limits::annotations_per_request) {
    return fail_request("No more than " + std::to_string(limits::annotations_per_request) +
                        " items are allowed; " + std::to_string(input.annotations.size()) +
                        " were supplied.");
  }
  if (!input.output) return {};
  TRY(check_length(input.output->title, "title", limits::context_chars));
  TRY(check_length(input.output->summary, "summary", limits::check_output_chars));
  return check_length(input.output->text, "text", limits::check_output_chars);
}

Result<void> apply(const CheckRunInput& input, CheckRun& run, Timestamp now) {
  if (input.name) run.name = *input.name;
  if (input.details_url) run.details_url = input.details_url;
  if (input.external_id) run.external_id = *input.external_id;
  if (input.started_at) run.started_at = input.started_at;
  if (!run.started_at) run.started_at = now;
  if (input.conclusion) {
    run.status = CheckStatus::completed;
    run.conclusion = input.conclusion;
    run.completed_at = input.completed_at.value_or(now);
  } else if (input.status) {
    run.status = *input.status;
    run.conclusion.reset();
    run.completed_at.reset();
  } else if (input.completed_at && run.conclusion) {
    run.completed_at = input.completed_at;
  }
  if (input.output) {
    auto take = [](const std::optional<std::string>& from, std::optional<std::string>& to) {
      if (from) to = from;
    };
    take(input.output->title, run.output.title);
    take(input.output->summary, run.output.summary);
    take(input.output->text, run.output.text);
  }
  if (input.annotations.empty()) return {};
  run.annotation_count += static_cast<int64_t>(input.annotations.size());
  if (run.annotation_count > static_cast<int64_t>(limits::annotations_per_run)) {
    return refused("annotations",
                   "a check run has at most " + std::to_string(limits::annotations_per_run),
                   "too_many_annotations");
  }
  const std::string added = join(input.annotations, ",");
  run.annotations.pop_back();
  run.annotations += (run.annotations == "[" ? "" : ",") + added + "]";
  return {};
}

}  // namespace esclusa::core
