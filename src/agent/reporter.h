#pragma once
#include <cstdint>
#include <string>

#include "agent/config.h"
#include "agent/scheduler.h"
#include "agent/stop_flag.h"
#include "agent/work_folder.h"
#include "client/api.h"

namespace esclusa::agent {

/// Tells the server what becomes of deployments: a run has one `in_progress` and one final status.
/// Before it repeats a final report whose answer was lost, it looks at the server's statuses. Any
/// thread; one at a time per run.
class Reporter {
 public:
  /// All arguments outlive it. `public_url` is where the agent serves logs, in webhook mode.
  Reporter(const Config& config, const client::Api& api, StopFlag& stop, std::string public_url,
           Scheduler::Backoff backoff);

  /// Reports `in_progress`. Tries until the server answers, or the agent is to end.
  Result<void> report_begin(const RunFolder& run, const std::string& description);
  /// Reports the run's outcome, and in pull mode sends its log. `done` if the server has it, or
  /// will never take it. `may_be_reported`: an earlier answer may have been lost.
  Next report_end(const RunFolder& run, bool may_be_reported);
  /// Reports what becomes of a deployment that has no run. `done` as above.
  Next report_without_run(const std::string& repository, int64_t deployment,
                          const Outcome& outcome);
  /// Where the run's log is; empty if the run's record was lost, and with it the log's key.
  std::string log_url(const RunFolder& run) const;

 private:
  /// Whether the server has the run's outcome. Errors mean that it could not be asked.
  Result<bool> is_reported(const RunFolder& run, const std::string& repository_path) const;
  /// Sends what the server does not have yet of the log. False if it has to be tried again.
  bool send_log(const RunFolder& run, const std::string& repository_path);

  const Config& config_;
  const client::Api& api_;
  StopFlag& stop_;
  const std::string public_url_;
  const Scheduler::Backoff backoff_;
};

}  // namespace esclusa::agent
