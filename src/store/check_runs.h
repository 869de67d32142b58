#pragma once
#include <optional>
#include <vector>

#include "core/actor.h"
#include "core/check_run.h"
#include "core/page.h"
#include "store/commit_statuses.h"

namespace esclusa::store {

/// `run.id` is ignored.
CheckRunId insert_check_run(sql::Writer& tx, const core::CheckRun& run, const core::Actor& creator);
void update_check_run(sql::Writer& tx, const core::CheckRun& run, Timestamp now);
std::optional<core::CheckRun> find_check_run(sql::Reader& db, RepositoryId repository,
                                             CheckRunId id);
/// Newest first.
core::Listing<core::CheckRun> list_check_runs(sql::Reader& db, const Commit& commit,
                                              const core::CheckRunFilter& filter,
                                              const core::Page& page);

/// The latest commit status of each context and the latest check run of each name for a commit, in
/// GitHub's words; a run that is not completed is `pending`.
std::vector<ContextState> list_context_states(sql::Reader& db, const Commit& commit);

}  // namespace esclusa::store
