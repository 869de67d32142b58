#pragma once
#include <string>
#include <vector>

#include "app/access.h"
#include "core/commit_status.h"
#include "core/page.h"

/// Commit statuses, which contexts report. The caller has judged the access.
namespace esclusa::app {

/// Errors: `invalid` for an unknown commit, and for the 1,001st report of a context.
Result<core::CommitStatus> create_commit_status(const Context& context,
                                                const RepositoryAccess& access,
                                                const std::string& sha,
                                                const core::NewCommitStatus& input);
/// Lists every status of the commit that `ref` names, newest first.
Result<core::Listing<core::CommitStatus>> list_commit_statuses(const Context& context,
                                                               const RepositoryAccess& access,
                                                               const std::string& ref,
                                                               const core::Page& page);

/// The latest status of each context.
struct LatestStatuses {
  std::string sha;
  std::vector<core::CommitStatus> statuses;
};
Result<LatestStatuses> get_latest_statuses(const Context& context, const RepositoryAccess& access,
                                           const std::string& ref);

}  // namespace esclusa::app
