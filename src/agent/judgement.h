#pragma once
#include <cstdint>
#include <string>

#include "agent/event.h"
#include "base/error.h"
#include "client/api.h"

namespace esclusa::agent {

/// Whether a deployment is still to be run.
enum class Verdict {
  run,
  gone,        ///< the server does not have it, or does not show it to this token
  finished,    ///< success, failure, error or inactive
  superseded,  ///< a newer one of the same environment and task is live, or is being deployed
  altered,     ///< the server's deployment has another commit than the event
};

struct Judgement {
  Verdict verdict = Verdict::run;
  std::string state = {};  ///< of a finished one
  int64_t superseded_by = 0;
};

/// True for the states after which nothing is run.
bool is_final_state(std::string_view state);

/// Asks the server, at the moment before the run: an event may arrive late, or again. Errors mean
/// that the server could not be asked.
Result<Judgement> judge_deployment(const client::Api& api, const std::string& repository_path,
                                   const DeploymentEvent& event);

}  // namespace esclusa::agent
