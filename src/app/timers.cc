#include "app/timers.h"

#include <algorithm>

#include "app/gates.h"
#include "base/log.h"
#include "store/deployments.h"
#include "store/environments.h"
#include "store/gates.h"
#include "store/repositories.h"

namespace esclusa::app {
namespace {

/// Whether judge_again would change anything.
bool is_due(Reader& db, const Context& context, const core::Deployment& deployment) {
  const auto environment = store::find_environment(db, deployment.environment.id);
  if (!environment) return false;
  const auto verdicts = core::judge_gates(
      *environment, deployment,
      store::gather_gate_facts(db, *environment, deployment, {context.now(), context.boot_now()}));
  const auto stored = store::list_verdicts(db, deployment.id);
  return core::all_open(verdicts) ||
         !std::ranges::equal(verdicts, stored, {}, &core::GateVerdict::state,
                             &core::GateVerdict::state);
}

Result<void> release_one(const Context& context, const core::Deployment& due) {
  return change(context, core::Actor::timer(), [&](Change& change) -> Result<void> {
    store::lock_deployment(change.rows, due.id);
    auto repository = store::find_repository(change.rows, due.repository_id);
    auto deployment = store::find_deployment(change.rows, due.repository_id, due.id);
    const bool is_released =
        repository && deployment && judge_again(change, *repository, *deployment);
    if (!is_released) change.skip_audit();  // new verdicts alone are no act of anybody
    return {};
  });
}

/// Turns an exception into an error: a row that cannot be read must not stop the other deployments
/// or the server.
template <class Work>
auto as_result(Work work) -> decltype(work()) {
  try {
    return work();
  } catch (const std::exception& exception) {
    return fail(ErrorCode::internal, exception.what());
  }
}

}  // namespace

void release_due(const Context& context, bool all) {
  auto report = [](const core::Deployment& deployment, const Error& error) {
    log::error("a deployment stays held, its gates cannot be judged",
               {{"deployment_id", std::to_string(deployment.id.value)}, {"error", error.message}});
  };
  auto held = as_result([&] {
    return context.database.read(
        [&](Reader& db) { return all ? store::list_held(db) : store::list_timed(db); });
  });
  if (!held)
    return log::error("held deployments cannot be listed", {{"error", held.error().message}});
  for (const core::Deployment& deployment : *held) {
    auto done = as_result([&]() -> Result<void> {
      const bool due =
          TRY(context.database.read([&](Reader& db) { return is_due(db, context, deployment); }));
      return due ? release_one(context, deployment) : Result<void>{};
    });
    if (!done) report(deployment, done.error());
  }
}

}  // namespace esclusa::app
