#pragma once
#include <cstdint>
#include <string>

#include "base/error.h"
#include "client/api.h"

namespace esclusa::agent {

/// Whether a deployment is still to be run.
enum class Verdict {
  run,
  gone,        ///< the server does not have it, or does not show it to this token
  held,        ///< it waits for its gates: an event follows when they are open
  finished,    ///< success, failure, error or inactive
  superseded,  ///< a newer one of the same environment and task is live, or is being deployed
};

struct Judgement {
  Verdict verdict = Verdict::run;
  client::Deployment deployment = {};  ///< as the server has it, unless it is gone
  std::string state = {};              ///< of a finished one
  int64_t superseded_by = 0;
};

/// True for the states after which nothing is run.
bool is_final_state(std::string_view state);

/// Asks the server immediately before the run: an event may arrive late, or again, or be false. An
/// error means that the server could not be asked.
Result<Judgement> judge_deployment(const client::Api& api, const std::string& repository_path,
                                   int64_t id);

/// `invalid`, with a sentence, for a deployment that no command can be given: its texts become
/// environment variables and lines of a log, so they must have no control characters, and its
/// commit must be 40 hex digits.
Result<void> check_runnable(const client::Deployment& deployment);

}  // namespace esclusa::agent
