#pragma once
#include <cstdint>
#include <string>

#include "base/error.h"
#include "client/api.h"

namespace esclusa::agent {

/// Whether a deployment is to be run.
enum class Verdict {
  run,
  gone,        ///< the server does not have it, or hides it from this token
  held,        ///< it waits for its gates: an event follows when they open
  finished,    ///< success, failure, error or inactive
  superseded,  ///< a newer one of the same environment and task is live or in progress
  taken,       ///< somebody else runs it
};

struct Judgement {
  Verdict verdict = Verdict::run;
  client::Deployment deployment = {};  ///< as the server has it; empty if it is gone
  std::string state = {};              ///< the latest one; empty if there is none
  int64_t superseded_by = 0;
};

/// What it means that a claim was refused (`conflict`): the same as if the judgement had found it.
/// `run` if it may be claimed later. Only the verdict and `superseded_by` (0: not known) are set.
Judgement judge_refusal(const Error& refusal, int64_t id);

/// True for states after which nothing runs any more.
bool is_final_state(std::string_view state);

/// Asks the server immediately before the run, because an event may be late, repeated or forged. An
/// error means that the server could not be asked.
Result<Judgement> judge_deployment(const client::Api& api, const std::string& repository_path,
                                   int64_t id);

/// `invalid`, with a sentence, for a deployment that cannot be passed to a command: its texts
/// become environment variables and log lines, so they must not contain control characters, and its
/// commit must be 40 hex digits.
Result<void> check_runnable(const client::Deployment& deployment);

}  // namespace esclusa::agent
