#include "core/lifecycle.h"

#include "base/check.h"

namespace esclusa::core {
namespace {

using enum DeploymentPhase;
using enum DeploymentTrigger;

/// Why a transition is refused, or `none`.
enum class Refusal { none, waiting, ended, not_waiting };

struct Transition {
  DeploymentPhase from;
  DeploymentTrigger trigger;
  DeploymentPhase to;
  Refusal refusal = Refusal::none;
};

// The event is sent on the transition from held to released. No row leads back to held, so it is
// sent once.
constexpr Transition table[] = {
    {held, gates_opened, released},
    {held, review_rejected, ended},
    {held, environment_deleted, ended},
    {held, repository_removed, ended},
    {held, progress_reported, held, Refusal::waiting},
    {held, end_reported, ended},

    {released, gates_opened, released, Refusal::not_waiting},
    {released, review_rejected, released, Refusal::not_waiting},
    {released, environment_deleted, released},
    {released, repository_removed, released},
    {released, progress_reported, released},
    {released, end_reported, released},

    // A deployment that ended was never released, so it cannot have run.
    {ended, gates_opened, ended, Refusal::not_waiting},
    {ended, review_rejected, ended, Refusal::not_waiting},
    {ended, environment_deleted, ended},
    {ended, repository_removed, ended},
    {ended, progress_reported, ended, Refusal::ended},
    {ended, end_reported, ended},
};

std::unexpected<Error> explain(Refusal refusal, const Deployment& deployment) {
  const std::string which = "Deployment " + std::to_string(deployment.id.value);
  switch (refusal) {
    case Refusal::waiting:
      return fail(ErrorCode::invalid,
                  which + " waits for the protection rules of " +
                      deployment.original_environment.name + ".",
                  "waiting_for_protection");
    case Refusal::ended:
      return fail(ErrorCode::invalid, which + " ended before it was released.", "deployment_ended");
    case Refusal::not_waiting:
      return fail(ErrorCode::invalid, which + " does not wait for a review.", "not_waiting");
    case Refusal::none: break;
  }
  bug("a refusal without a reason");
}

}  // namespace

Result<DeploymentPhase> next_phase(const Deployment& deployment, DeploymentTrigger trigger) {
  for (const Transition& row : table) {
    if (row.from != deployment.phase || row.trigger != trigger) continue;
    if (row.refusal != Refusal::none) return explain(row.refusal, deployment);
    return row.to;
  }
  bug("a deployment's phase without a transition");
}

DeploymentTrigger trigger_of(DeploymentState state) {
  switch (state) {
    case DeploymentState::error:
    case DeploymentState::failure:
    case DeploymentState::inactive: return end_reported;
    default: return progress_reported;
  }
}

}  // namespace esclusa::core
