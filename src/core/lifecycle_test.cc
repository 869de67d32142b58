#include "core/lifecycle.h"

#include <doctest/doctest.h>

using namespace esclusa;
using namespace esclusa::core;

namespace {

/// The phase after the trigger, or the reason code of the refusal.
std::string after(DeploymentPhase phase, DeploymentTrigger trigger) {
  Deployment deployment;
  deployment.phase = phase;
  auto next = next_phase(deployment, trigger);
  return next ? std::string(to_name(*next)) : next.error().reason_code;
}

}  // namespace

TEST_CASE("next_phase: every phase with every trigger") {
  using enum DeploymentPhase;
  using enum DeploymentTrigger;
  CHECK(after(held, gates_opened) == "released");
  CHECK(after(held, review_rejected) == "ended");
  CHECK(after(held, environment_deleted) == "ended");
  CHECK(after(held, repository_removed) == "ended");
  CHECK(after(held, progress_reported) == "waiting_for_protection");
  CHECK(after(held, end_reported) == "ended");

  CHECK(after(released, gates_opened) == "not_waiting");
  CHECK(after(released, review_rejected) == "not_waiting");
  CHECK(after(released, environment_deleted) == "released");
  CHECK(after(released, repository_removed) == "released");
  CHECK(after(released, progress_reported) == "released");
  CHECK(after(released, end_reported) == "released");

  CHECK(after(ended, gates_opened) == "not_waiting");
  CHECK(after(ended, review_rejected) == "not_waiting");
  CHECK(after(ended, environment_deleted) == "ended");
  CHECK(after(ended, repository_removed) == "ended");
  CHECK(after(ended, progress_reported) == "deployment_ended");
  CHECK(after(ended, end_reported) == "ended");
}

TEST_CASE("trigger_of: the states that end a deployment, and those that report progress") {
  using enum DeploymentState;
  for (auto state : {error, failure, inactive}) {
    CHECK(trigger_of(state) == DeploymentTrigger::end_reported);
  }
  for (auto state : {in_progress, queued, pending, success}) {
    CHECK(trigger_of(state) == DeploymentTrigger::progress_reported);
  }
}
