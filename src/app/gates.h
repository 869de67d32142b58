#pragma once
#include <string>

#include "app/access.h"
#include "app/change.h"
#include "core/commit.h"
#include "core/gates.h"
#include "core/lifecycle.h"

/// How a deployment passes its gates: steps of a change.
namespace esclusa::app {

/// 422 `invalid_environment_name` or `environment_unknown` if a deployment may not create the
/// environment of that name, which does not exist.
Result<void> check_may_make_environment(Reader& db, const core::Repository& repository,
                                        const std::string& name);

/// Judges a new deployment and inserts it: released, with its event, or held, with a `waiting`
/// status. 422 if the environment's branch policy forbids its ref, or if the deployment may not
/// create the environment. `head` is the deployment's commit, for the event that requests reviews;
/// it has only the SHA if the commit was not read.
Result<core::Deployment> judge_new(Change& change, const core::Repository& repository,
                                   core::Deployment deployment, const std::string& environment,
                                   const core::Commit& head);

/// Judges a held deployment again, stores the verdicts, and releases it if no gate is shut; returns
/// whether it was released. With `past_waits` the actor, an administrator, bypasses the waiting
/// gates.
bool judge_again(Change& change, const core::Repository& repository, core::Deployment& deployment,
                 bool past_waits = false);
/// Judges every held deployment of the environment again, after its rules have changed.
void judge_environment(Change& change, const core::Repository& repository,
                       EnvironmentNameId environment);

/// A held deployment and its environment, read inside a transaction.
struct HeldDeployment {
  core::Deployment deployment;
  core::Environment environment;
};
/// Locks the deployment and reads it, for an act upon its gates. `not_found`, 422 `not_waiting`,
/// 503 `gates_unreadable`.
Result<HeldDeployment> find_held(Writer& tx, RepositoryId repository, DeploymentId id);

/// Ends a held deployment, whose event was never sent. The caller adds the final status.
void end_held(Change& change, core::Deployment& deployment, core::DeploymentTrigger trigger);

/// Checks whether a status may move the deployment to that environment. 422
/// `environment_override_protected`, or an error of `check_may_make_environment`.
Result<void> check_override(Reader& db, const core::Repository& repository,
                            const core::Deployment& deployment, const std::string& environment);

}  // namespace esclusa::app
