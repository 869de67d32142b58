#pragma once
#include <optional>
#include <vector>

#include "core/check_run.h"
#include "core/page.h"
#include "core/principal.h"
#include "store/commit_statuses.h"

namespace esclusa::store {

/// `run.id` is ignored.
CheckRunId insert_check_run(sql::Connection& tx, const core::CheckRun& run,
                            const core::Principal& creator);
void update_check_run(sql::Connection& tx, const core::CheckRun& run, Timestamp now);
std::optional<core::CheckRun> find_check_run(sql::Connection& db, RepositoryId repository,
                                             CheckRunId id);
/// Newest first.
core::Listing<core::CheckRun> list_check_runs(sql::Connection& db, const Commit& commit,
                                              const core::CheckRunFilter& filter,
                                              const core::Page& page);

/// The latest commit status of each context and the latest check run of each name for a commit, in
/// GitHub's words; a run that is not completed is `pending`.
std::vector<ContextState> list_context_states(sql::Connection& db, const Commit& commit);

}  // namespace esclusa::store
