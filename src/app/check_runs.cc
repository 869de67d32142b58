#include "app/check_runs.h"

#include "app/commits.h"
#include "store/check_runs.h"
#include "store/events.h"

namespace esclusa::app {

Result<core::CheckRun> create_check_run(const Context& context, const RepositoryAccess& access,
                                        const core::CheckRunInput& input) {
  TRY(core::check_check_run(input));
  core::CheckRun run;
  run.repository_id = access.repository.id;
  run.sha = TRY(require_commit(access, input.head_sha.value()));
  run.creator = *access.principal.account;
  run.created_at = context.now();
  TRY(core::apply(input, run, run.created_at));
  return context.database.write([&](store::Connection& tx) {
    run.id = store::insert_check_run(tx, run, access.principal);
    store::insert_audit(tx, access.principal, {"check_run.create", run.repository_id, run.id.value},
                        run.created_at);
    return run;
  });
}

Result<core::CheckRun> update_check_run(const Context& context, const RepositoryAccess& access,
                                        CheckRunId id, const core::CheckRunInput& input) {
  TRY(core::check_check_run(input));
  return context.database.write([&](store::Connection& tx) -> Result<core::CheckRun> {
    auto run = store::find_check_run(tx, access.repository.id, id);
    if (!run) return not_found();
    const Timestamp now = context.now();
    TRY(core::apply(input, *run, now));
    store::update_check_run(tx, *run, now);
    store::insert_audit(tx, access.principal, {"check_run.update", run->repository_id, id.value},
                        now);
    return std::move(*run);
  });
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

}  // namespace esclusa::app
