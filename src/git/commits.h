#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/commit.h"
#include "git/repository.h"

/// Reads commits. SHAs are full ones of commits that exist (`Repository::resolve`).
namespace esclusa::git {

Result<core::Commit> read_commit(const Repository& repository, const std::string& sha);

/// By the committer's time.
struct HistoryFilter {
  std::optional<Timestamp> since = {};
  std::optional<Timestamp> until = {};
};

/// The commits that can be reached from one, the youngest first, as `git log` has them.
Result<core::History> list_history(const Repository& repository, const std::string& start_sha,
                                   const HistoryFilter& filter, const core::Page& page);

/// Two commits that were compared; `ahead_shas` are those of the head alone, the oldest first.
struct Divergence {
  Distance distance;
  std::string merge_base_sha;
  std::vector<std::string> ahead_shas;
};
/// Nothing if the two have no ancestor in common.
Result<std::optional<Divergence>> diverge(const Repository& repository, const std::string& base,
                                          const std::string& head);

}  // namespace esclusa::git
