#pragma once
#include <string>

#include "app/access.h"
#include "core/check_run.h"
#include "core/commit.h"
#include "core/page.h"

/// Check runs: detailed reports about commits. The caller has judged the access.
namespace esclusa::app {

/// Requires `input.name` and `input.head_sha`. `invalid` for an unknown commit.
Result<core::CheckRun> create_check_run(const Context& context, const RepositoryAccess& access,
                                        const core::CheckRunInput& input);
Result<core::CheckRun> update_check_run(const Context& context, const RepositoryAccess& access,
                                        CheckRunId id, const core::CheckRunInput& input);
Result<core::CheckRun> get_check_run(Reader& db, const RepositoryAccess& access, CheckRunId id);
/// Lists the check runs of the commit that `ref` names, newest first.
Result<core::Listing<core::CheckRun>> list_check_runs(const Context& context,
                                                      const RepositoryAccess& access,
                                                      const std::string& ref,
                                                      const core::CheckRunFilter& filter,
                                                      const core::Page& page);

/// A check suite. Esclusa does not group runs: each run is a suite of its own with the same id.
struct CheckSuite {
  core::CheckRun run;
  core::Commit head;  ///< without names and message if the commit no longer exists
};
Result<CheckSuite> get_check_suite(const Context& context, const RepositoryAccess& access,
                                   CheckRunId id);
/// Lists the suites of the commit that `ref` names, newest first.
Result<core::Listing<CheckSuite>> list_check_suites(const Context& context,
                                                    const RepositoryAccess& access,
                                                    const std::string& ref,
                                                    const core::CheckRunFilter& filter,
                                                    const core::Page& page);

}  // namespace esclusa::app
