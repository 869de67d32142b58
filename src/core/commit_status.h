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

enum class CommitState { error, failure, pending, success };

/// The report of a context (for example a CI job) about one commit. A context's latest report
/// counts.
struct CommitStatus {
  CommitStatusId id;
  RepositoryId repository_id;
  std::string sha;
  std::string context;  ///< compared case-insensitively
  CommitState state = CommitState::pending;
  std::optional<std::string> description;
  std::optional<std::string> target_url;
  Account creator;
  Timestamp created_at{};
};

/// The body of `POST /repos/{owner}/{repo}/statuses/{sha}`, with GitHub's defaults.
struct NewCommitStatus {
  std::string context = "default";
  CommitState state = CommitState::pending;
  std::optional<std::string> description = {};
  std::optional<std::string> target_url = {};
};

Result<void> check_new_commit_status(const NewCommitStatus& input);

/// GitHub's combined state of the latest reports: `failure` if any is error or failure; else
/// `pending` if any is pending or there are none; else `success`.
CommitState combine(const std::vector<CommitStatus>& latest);

/// The contexts that a deployment depends on: all reported ones, or the required ones. A required
/// context that nobody reported is `missing`. States are GitHub's words for statuses and check
/// runs.
std::vector<ContextState> evaluate_contexts(const std::optional<std::vector<std::string>>& required,
                                            const std::vector<ContextState>& reported);
/// Whether every state is `success`.
bool all_succeeded(const std::vector<ContextState>& evaluated);

template <>
struct enum_names<CommitState> {
  static constexpr NameTable<CommitState, 4> values{{{CommitState::error, "error"},
                                                     {CommitState::failure, "failure"},
                                                     {CommitState::pending, "pending"},
                                                     {CommitState::success, "success"}}};
};

}  // namespace esclusa::core
