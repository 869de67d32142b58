#include "app/check_runs.h"

#include "app/commits.h"
#include "base/crypto.h"
#include "git/commits.h"
#include "store/check_runs.h"
#include "store/events.h"
#include "wire/event_body.h"

namespace esclusa::app {
namespace {

void insert_check_run_event(store::Connection& tx, const Context& context,
                            const RepositoryAccess& access, std::string action,
                            const core::CheckRun& run, Timestamp now) {
  core::Event event;
  event.guid = random_uuid();
  event.repository_id = run.repository_id;
  event.kind = "check_run";
  event.action = std::move(action);
  event.created_at = now;
  const wire::EventContext event_context{access.repository, *access.principal.account,
                                         context.event_urls};
  store::insert_event(tx, event, wire::check_run_event(event_context, event.action, run),
                      access.principal);
}

}  // namespace

Result<core::CheckRun> create_check_run(const Context& context, const RepositoryAccess& access,
                                        const core::CheckRunInput& input) {
  TRY(core::check_check_run(input));
  core::CheckRun run;
  run.repository_id = access.repository.id;
  run.sha = TRY(require_commit(access, input.head_sha.value()));
  run.creator = *access.principal.account;
  run.created_at = context.now();
  TRY(core::apply(input, run, run.created_at));
  auto created = context.database.write([&](store::Connection& tx) {
    run.id = store::insert_check_run(tx, run, access.principal);
    store::insert_audit(tx, access.principal, {"check_run.create", run.repository_id, run.id.value},
                        run.created_at);
    insert_check_run_event(tx, context, access, "created", run, run.created_at);
    // Receivers that wait for `completed` need it also for a run that was created complete.
    if (run.conclusion) {
      insert_check_run_event(tx, context, access, "completed", run, run.created_at);
    }
    return run;
  });
  if (created) context.events_committed();
  return created;
}

Result<core::CheckRun> update_check_run(const Context& context, const RepositoryAccess& access,
                                        CheckRunId id, const core::CheckRunInput& input) {
  TRY(core::check_check_run(input));
  auto updated = context.database.write([&](store::Connection& tx) -> Result<core::CheckRun> {
    auto run = store::find_check_run(tx, access.repository.id, id);
    if (!run) return not_found();
    const Timestamp now = context.now();
    const auto former = run->conclusion;
    TRY(core::apply(input, *run, now));
    store::update_check_run(tx, *run, now);
    store::insert_audit(tx, access.principal, {"check_run.update", run->repository_id, id.value},
                        now);
    if (run->conclusion && run->conclusion != former) {
      insert_check_run_event(tx, context, access, "completed", *run, now);
    }
    return std::move(*run);
  });
  if (updated) context.events_committed();
  return updated;
}

Result<core::CheckRun> get_check_run(const Context& context, const RepositoryAccess& access,
                                     CheckRunId id) {
  auto run = TRY(context.database.read(
      [&](store::Connection& db) { return store::find_check_run(db, access.repository.id, id); }));
  if (!run) return not_found();
  return std::move(*run);
}

Result<core::Listing<core::CheckRun>> list_check_runs(const Context& context,
                                                      const RepositoryAccess& access,
                                                      const std::string& ref,
                                                      const core::CheckRunFilter& filter,
                                                      const core::Page& page) {
  const std::string sha = TRY(find_commit(access, ref));
  return context.database.read([&](store::Connection& db) {
    return store::list_check_runs(db, {access.repository.id, sha}, filter, page);
  });
}

Result<CheckSuite> get_check_suite(const Context& context, const RepositoryAccess& access,
                                   CheckRunId id) {
  CheckSuite suite{TRY(get_check_run(context, access, id)), {}};
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
