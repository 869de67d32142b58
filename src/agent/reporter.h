#pragma once
#include <cstdint>
#include <string>

#include "agent/config.h"
#include "agent/scheduler.h"
#include "agent/stop_flag.h"
#include "agent/work_folder.h"
#include "client/api.h"

namespace esclusa::agent {

/// Reports to the server: each run gets one `in_progress` and one final status, under its claim's
/// fence. Before it repeats a final report whose answer was lost, it reads the server's statuses.
/// `api` speaks with the token that has the claim. May be called from any thread, one call at a
/// time for each run.
class Reporter {
 public:
  /// All arguments must outlive it. `public_url` is the address where the agent serves logs in
  /// webhook mode.
  Reporter(const Config& config, StopFlag& stop, std::string public_url,
           Scheduler::Backoff backoff);

  /// Reports `in_progress`. `conflict` (`claim_lost`) if the run has lost its claim. Retries until
  /// the server answers or the agent is to stop.
  Result<void> report_begin(const client::Api& api, const RunFolder& run,
                            const std::string& description);
  /// Reports the run's outcome, and sends its log in pull mode. `done` if the server has the
  /// outcome or will never accept it. `may_be_reported`: an earlier answer may have been lost.
  Next report_end(const client::Api& api, const RunFolder& run, bool may_be_reported);
  /// Reports the outcome of a deployment that has no run, under the claim with this fence (0:
  /// none). `done` as above.
  Next report_without_run(const client::Api& api, const std::string& repository, int64_t deployment,
                          const Outcome& outcome, int64_t fence);
  /// For a run that has lost its claim: in pull mode sends the rest of its log, if the server can
  /// be reached, and reports nothing.
  void report_nothing(const client::Api& api, const RunFolder& run);
  /// The URL of the run's log; empty if the run's record, which has the log's key, was lost.
  std::string log_url(const RunFolder& run) const;

 private:
  /// Whether the server has the run's outcome. An error means that the server could not be asked.
  Result<bool> is_reported(const client::Api& api, const RunFolder& run,
                           const std::string& repository_path) const;
  /// Whether the deployment has a final status, as it has when the end of a claim has passed. Logs
  /// that, too: it is no error.
  bool has_ended(const client::Api& api, const RunFolder& run,
                 const std::string& repository_path) const;
  /// Sends the rest of the log to the server. False if that has to be retried.
  bool send_log(const client::Api& api, const RunFolder& run, const std::string& repository_path);

  const Config& config_;
  StopFlag& stop_;
  const std::string public_url_;
  const Scheduler::Backoff backoff_;
};

}  // namespace esclusa::agent
