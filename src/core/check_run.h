#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "base/time.h"
#include "core/account.h"
#include "core/enum_names.h"

namespace esclusa::core {

enum class CheckStatus { queued, in_progress, completed };

enum class CheckConclusion {
  action_required,
  cancelled,
  failure,
  neutral,
  skipped,
  success,
  timed_out,
};

/// The output of a check, as GitHub shows it.
struct CheckOutput {
  std::optional<std::string> title;
  std::optional<std::string> summary;
  std::optional<std::string> text;
};

/// One run of a check (for example a CI job) on one commit. `conclusion` is set exactly when
/// `status` is completed.
struct CheckRun {
  CheckRunId id;
  RepositoryId repository_id;
  std::string sha;
  std::string name;
  CheckStatus status = CheckStatus::queued;
  std::optional<CheckConclusion> conclusion;
  std::optional<std::string> details_url;
  std::string external_id;
  CheckOutput output;
  std::string annotations = "[]";  ///< JSON array; each element as it was sent
  int64_t annotation_count = 0;
  std::optional<Timestamp> started_at;
  std::optional<Timestamp> completed_at;
  Account creator;
  Timestamp created_at{};
};

/// The body of `POST /repos/{owner}/{repo}/check-runs`, and, without `head_sha`, of `PATCH
/// …/check-runs/{id}`. Absent fields stay unchanged.
struct CheckRunInput {
  std::optional<std::string> head_sha;
  std::optional<std::string> name;
  std::optional<CheckStatus> status;
  std::optional<CheckConclusion> conclusion;
  std::optional<std::string> details_url;
  std::optional<std::string> external_id;
  std::optional<Timestamp> started_at;
  std::optional<Timestamp> completed_at;
  std::optional<CheckOutput> output;
  std::vector<std::string> annotations;  ///< JSON objects; added to the existing ones
};

/// Checks lengths, links, and that status and conclusion agree.
Result<void> check_check_run(const CheckRunInput& input);

/// Applies the input to a run, with GitHub's defaults: a conclusion completes the run, and another
/// status removes the conclusion. `invalid` if there would be too many annotations.
Result<void> apply(const CheckRunInput& input, CheckRun& run, Timestamp now);

/// Selects runs of a commit. An empty or absent filter selects all.
struct CheckRunFilter {
  std::string name = {};
  std::optional<CheckStatus> status = {};
  bool latest_only = true;  ///< only the newest run of each name
};

template <>
struct enum_names<CheckStatus> {
  static constexpr NameTable<CheckStatus, 3> values{{{CheckStatus::queued, "queued"},
                                                     {CheckStatus::in_progress, "in_progress"},
                                                     {CheckStatus::completed, "completed"}}};
};

template <>
struct enum_names<CheckConclusion> {
  static constexpr NameTable<CheckConclusion, 7> values{
      {{CheckConclusion::action_required, "action_required"},
       {CheckConclusion::cancelled, "cancelled"},
       {CheckConclusion::failure, "failure"},
       {CheckConclusion::neutral, "neutral"},
       {CheckConclusion::skipped, "skipped"},
       {CheckConclusion::success, "success"},
       {CheckConclusion::timed_out, "timed_out"}}};
};

}  // namespace esclusa::core
