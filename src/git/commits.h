#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/commit.h"
#include "git/limits.h"
#include "git/repository.h"

/// Reads commits. Every SHA must be the full SHA of an existing commit (`Repository::resolve`).
namespace esclusa::git {

Result<core::Commit> read_commit(const Repository& repository, const std::string& sha);

/// Filters by the committer's time.
struct HistoryFilter {
  std::optional<Timestamp> since = {};
  std::optional<Timestamp> until = {};
};

/// The commits that are reachable from `start_sha`, newest first, as in `git log`. `invalid`,
/// `history_too_long`, if the page lies behind more than `walked_max` commits.
Result<core::History> list_history(const Repository& repository, const std::string& start_sha,
                                   const HistoryFilter& filter, const core::Page& page,
                                   size_t walked_max = limits::walked_commits);

/// The comparison of two commits; `ahead_shas` are the commits of the head only, oldest first.
struct Divergence {
  Distance distance;
  std::string merge_base_sha;
  std::vector<std::string> ahead_shas;
};
/// Nothing if the two commits have no common ancestor.
Result<std::optional<Divergence>> diverge(const Repository& repository, const std::string& base,
                                          const std::string& head);

}  // namespace esclusa::git
