#pragma once
#include <string>
#include <string_view>

#include "app/context.h"
#include "core/commit.h"
#include "core/gates.h"
#include "core/lifecycle.h"

/// The steps of a deployment on its way past the gates. Each is called inside a write transaction;
/// whoever commits it calls `context.events_committed()` after.
namespace esclusa::app {

/// Both clocks, read now.
core::GateTime gate_time(const Context& context);

/// 422 `invalid_environment_name` or `environment_unknown` if a deployment may not make the
/// environment of that name, which is not there.
Result<void> check_may_make_environment(store::Connection& db, const core::Repository& repository,
                                        const std::string& name);

/// Judges a new deployment and inserts it: released, with its event, or held, with a `waiting`
/// status. 422 if the environment's branch policy forbids its ref, or if it may not make the
/// environment. `head` is its commit, which the
/// event shows that asks for a review; with the SHA alone if it was not read.
Result<core::Deployment> admit(store::Connection& tx, const Context& context,
                               const RepositoryAccess& access, core::Deployment deployment,
                               const std::string& environment, const core::Commit& head);

/// Judges a held deployment again, stores the verdicts, and releases it if no gate is shut any
/// more; true if it did. `by` acts: nobody (no account) for the timer. With `past_waits` an
/// administrator goes past what waits.
bool judge_again(store::Connection& tx, const Context& context, const RepositoryAccess& by,
                 core::Deployment& deployment, bool past_waits = false);
/// The same for all that the environment holds, after its rules have changed.
void judge_environment(store::Connection& tx, const Context& context, const RepositoryAccess& by,
                       EnvironmentNameId environment);

/// Ends a held deployment without its ever having been sent. The caller adds the status that says
/// so.
void end_held(store::Connection& tx, const Context& context, const RepositoryAccess& by,
              core::Deployment& deployment, core::DeploymentTrigger trigger);

/// 422 if a status of the deployment may not move it there: `environment_override_protected`, or as
/// `check_may_make_environment`.
Result<void> check_override(store::Connection& tx, const core::Repository& repository,
                            const core::Deployment& deployment, const std::string& environment);

}  // namespace esclusa::app
