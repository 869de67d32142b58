#include "app/check_runs.h"

#include "app/change.h"
#include "app/commits.h"
#include "git/commits.h"
#include "store/check_runs.h"
#include "wire/event_body.h"

namespace esclusa::app {
namespace {

void insert_check_run_event(Change& change, const core::Repository& repository, std::string action,
                            const core::CheckRun& run) {
  const auto body = wire::check_run_event(change.event_context(repository), action, run);
  change.raise(change.new_event(repository.id, "check_run", std::move(action)), body);
}

}  // namespace

Result<core::CheckRun> create_check_run(const Context& context, const RepositoryAccess& access,
                                        const core::CheckRunInput& input) {
  TRY(core::check_check_run(input));
  const std::string sha = TRY(require_commit(access, input.head_sha.value()));
  return change(context, access.actor, [&](Change& change) -> Result<core::CheckRun> {
    core::CheckRun run;
    run.repository_id = access.repository.id;
    run.sha = sha;
    run.creator = access.actor.sender();
    run.created_at = change.now;
    TRY(core::apply(input, run, change.now));
    run.id = store::insert_check_run(change.rows, run, access.actor);
    change.audit({"check_run.create", run.repository_id, run.id.value});
    insert_check_run_event(change, access.repository, "created", run);
    // Receivers that wait for `completed` need it also for a run that was created complete.
    if (run.conclusion) insert_check_run_event(change, access.repository, "completed", run);
    return run;
  });
}

Result<core::CheckRun> update_check_run(const Context& context, const RepositoryAccess& access,
                                        CheckRunId id, const core::CheckRunInput& input) {
  TRY(core::check_check_run(input));
  return change(context, access.actor, [&](Change& change) -> Result<core::CheckRun> {
    auto run = store::find_check_run(change.rows, access.repository.id, id);
    if (!run) return not_found();
    const auto former = run->conclusion;
    TRY(core::apply(input, *run, change.now));
    store::update_check_run(change.rows, *run, change.now);
    change.audit({"check_run.update", run->repository_id, id.value});
    if (run->conclusion && run->conclusion != former) {
      insert_check_run_event(change, access.repository, "completed", *run);
    }
    return std::move(*run);
  });
}

Result<core::CheckRun> get_check_run(Reader& db, const RepositoryAccess& access, CheckRunId id) {
  auto run = store::find_check_run(db, access.repository.id, id);
  if (!run) return not_found();
  return std::move(*run);
}

Result<core::Listing<core::CheckRun>> list_check_runs(const Context& context,
                                                      const RepositoryAccess& access,
                                                      const std::string& ref,
                                                      const core::CheckRunFilter& filter,
                                                      const core::Page& page) {
  const std::string sha = TRY(find_commit(access, ref));
  return context.database.read([&](Reader& db) {
    return store::list_check_runs(db, {access.repository.id, sha}, filter, page);
  });
}

Result<CheckSuite> get_check_suite(const Context& context, const RepositoryAccess& access,
                                   CheckRunId id) {
  CheckSuite suite{
      TRY(context.database.read([&](Reader& db) { return get_check_run(db, access, id); })), {}};
  const auto git = TRY(git::Repository::open(access.repository));
  if (TRY(git.resolve(suite.run.sha))) {
    suite.head = TRY(git::read_commit(git, suite.run.sha));
  } else {
    suite.head.sha = suite.run.sha;
    suite.head.author.at = suite.head.committer.at = suite.run.created_at;
  }
  return suite;
}

Result<core::Listing<CheckSuite>> list_check_suites(const Context& context,
                                                    const RepositoryAccess& access,
                                                    const std::string& ref,
                                                    const core::CheckRunFilter& filter,
                                                    const core::Page& page) {
  auto runs = TRY(list_check_runs(context, access, ref, filter, page));
  core::Listing<CheckSuite> suites{{}, runs.total_count};
  if (runs.items.empty()) return suites;
  const auto git = TRY(git::Repository::open(access.repository));
  const auto head = TRY(git::read_commit(git, runs.items.front().sha));
  for (core::CheckRun& run : runs.items) suites.items.push_back({std::move(run), head});
  return suites;
}

}  // namespace esclusa::app
