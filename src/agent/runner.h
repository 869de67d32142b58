#pragma once
#include <chrono>
#include <memory>
#include <string>

#include "agent/checkout.h"
#include "agent/claims.h"
#include "agent/config.h"
#include "agent/event.h"
#include "agent/judgement.h"
#include "agent/reporter.h"
#include "agent/run_log.h"
#include "agent/scheduler.h"
#include "agent/stop_flag.h"
#include "agent/work_folder.h"
#include "base/replaceable.h"
#include "client/api.h"

namespace esclusa::agent {

/// Processes accepted deployments: asks the server, claims the deployment, begins the run, fetches,
/// runs the command, and reports. Runs one deployment at a time for each repository and
/// environment. While the server cannot be reached, deployments wait in the queue, and outcomes on
/// the disk.
///
///   queued ──claimed──► begun ──in_progress──► fetch, command ──► ended ──server told──► reported
///     ▲ └── gone, held, finished, superseded, run by another agent: dropped
///     └── claim lost: taken back ─┘                └── claim lost: stopped, and not reported
///
/// A server without claims (GitHub) is asked only.
///
/// An outcome is on the disk before it is reported. A fault of this machine, such as a full disk,
/// gives the outcome `error`, and later deployments continue.
class Runner {
 public:
  /// All arguments must outlive it. `public_url` is the address where the agent serves logs in
  /// webhook mode.
  Runner(const Config& config, WorkFolder& work, StopFlag& stop, std::string public_url,
         Scheduler::Backoff backoff = {});

  /// Resumes what an earlier agent left: queued events, unreported outcomes, and runs without an
  /// outcome, which are reported as errors and not run again.
  Result<void> recover();
  /// Other entries, and another token, for deployments that begin from now on. A run keeps the
  /// entry and the token that it has begun with, because its claim belongs to the token.
  Result<void> use(const std::shared_ptr<const Config>& config);
  /// Adds an event that is in the queue on the disk. May be called from any thread.
  void add(DeploymentEvent event);
  void start() { scheduler_.start(); }
  /// For what removes old copies of repositories.
  Checkout& checkout() { return checkout_; }
  /// After a requested stop: whether all threads ended within that time.
  bool wait_idle(std::chrono::milliseconds time);

 private:
  /// The server, and the token that is used there.
  struct Server {
    client::Target target;
    client::Api api{target};
  };
  /// A deployment in progress; `run` is set once its run has begun.
  struct Job {
    DeploymentEvent event = {};
    std::shared_ptr<const Server> server = {};  ///< set from its first step on
    std::optional<RunFolder> run = {};
    std::string lane = {};
    bool may_be_reported = false;           ///< an answer of the server may have been lost
    std::shared_ptr<HeldClaim> claim = {};  ///< null before it is claimed, and without claims
    /// A claim of this agent may be left at the server: of before a crash, or its answer was lost.
    bool may_be_claimed = false;
    bool has_started = false;  ///< the server has its `in_progress`
  };
  void add_job(const std::shared_ptr<Job>& job, const std::string& repository,
               const std::string& environment, int64_t id);
  Next advance(const std::shared_ptr<Job>& job);
  Next begin(const std::shared_ptr<Job>& job);
  /// Claims the deployment. Nothing if it may be run now: it was claimed, or there are no claims.
  std::optional<Next> claim(const std::shared_ptr<Job>& job, const std::string& repository_path);
  std::optional<Next> claim_again(const std::shared_ptr<Job>& job,
                                  const std::string& repository_path, const Error& refusal);
  /// Gives up what this agent has claimed and not started. Best effort: such a claim also ends.
  void release(const Job& job, int64_t fence);
  /// Whether a claim that an earlier agent with this token has left was given up.
  bool release_left_claim(Job& job, const std::string& repository_path);
  /// Begins the run of a deployment, and carries it through to its outcome.
  Next run(Job& job, const Rule& rule, const client::Deployment& deployment);
  /// Takes back a run that has lost its claim before it started.
  Next undo(Job& job);
  Next drop(const std::shared_ptr<Job>& job, const Judgement& judgement);
  /// Ends a superseded deployment as `inactive`, unless another agent has a live claim of it.
  /// `newer` is 0 if it is not known.
  Next drop_superseded(const std::shared_ptr<Job>& job, int64_t newer);
  /// Reports the outcome of a deployment that has no run, and removes the event from the queue.
  Next settle(const Job& job, const std::string& state, const std::string& why, int64_t fence = 0);
  Next dequeue(const DeploymentEvent& event);
  /// For a deployment that may be run later: removes the event from the queue, unless the event
  /// came again while the server was asked. In that case it asks again, because that event may say
  /// that the deployment can run now, and it was not queued a second time.
  Next dequeue_or_ask_again(const std::shared_ptr<Job>& job);
  Outcome execute(Job& job, const Rule& rule, const client::Deployment& deployment);
  /// From `in_progress` on; `ending` is requested when the command has to stop.
  Outcome execute_claimed(Job& job, const Rule& rule, const client::Deployment& deployment,
                          RunLog& log, StopFlag& ending);
  /// The secrets and variables that the entry asks for. From then on the log hides the secrets.
  Result<client::GivenValues> get_values(const Job& job, const Rule& rule, RunLog& log,
                                         StopFlag& ending);
  Next end(RunFolder& run, Outcome outcome);
  Next report(Job& job);
  /// Lets a report use the token of now, if the one of its run was revoked meanwhile.
  void follow_token(Job& job);

  const Config& config_;         ///< of the start, except the two below
  Replaceable<Config> entries_;  ///< its entries
  Replaceable<Server> server_;
  WorkFolder& work_;
  StopFlag& stop_;
  const Scheduler::Backoff backoff_;
  Reporter reporter_;
  Checkout checkout_;
  ClaimKeeper claims_;
  Scheduler scheduler_;  // last: its threads use all other members
};

}  // namespace esclusa::agent
