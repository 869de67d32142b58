#pragma once
#include <chrono>
#include <memory>
#include <string>

#include "agent/checkout.h"
#include "agent/config.h"
#include "agent/event.h"
#include "agent/judgement.h"
#include "agent/reporter.h"
#include "agent/scheduler.h"
#include "agent/stop_flag.h"
#include "agent/work_folder.h"
#include "client/api.h"

namespace esclusa::agent {

/// Processes accepted deployments: asks the server, begins the run, fetches, runs the command, and
/// reports. Runs one deployment at a time for each repository and environment. While the server
/// cannot be reached, deployments wait in the queue, and outcomes on the disk.
///
///   queued ──server asked──► begun ──fetch, command──► ended ──server told──► reported
///     └── gone, held, finished, superseded: dropped
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
  /// Adds an event that is in the queue on the disk. May be called from any thread.
  void add(DeploymentEvent event);
  void start() { scheduler_.start(); }
  /// After a requested stop: whether all threads ended within that time.
  bool wait_idle(std::chrono::milliseconds time);

 private:
  /// A deployment in progress; `run` is set once its run has begun.
  struct Job {
    DeploymentEvent event = {};
    std::optional<RunFolder> run = {};
    std::string lane = {};
    bool may_be_reported = false;  ///< an answer of the server may have been lost
  };
  void add_job(const std::shared_ptr<Job>& job, const std::string& repository,
               const std::string& environment, int64_t id);
  Next advance(const std::shared_ptr<Job>& job);
  Next begin(const std::shared_ptr<Job>& job);
  /// Begins the run of a deployment, and carries it through to its outcome.
  Next run(Job& job, const Rule& rule, const client::Deployment& deployment);
  Next drop(const std::shared_ptr<Job>& job, const Judgement& judgement);
  /// Reports the outcome of a deployment that has no run, and removes the event from the queue.
  Next settle(const DeploymentEvent& event, const std::string& state, const std::string& why);
  Next dequeue(const DeploymentEvent& event);
  /// For a deployment that may be run later: removes the event from the queue, unless the event
  /// came again while the server was asked. In that case it asks again, because that event may say
  /// that the deployment can run now, and it was not queued a second time.
  Next dequeue_or_ask_again(const std::shared_ptr<Job>& job);
  Outcome execute(const Job& job, const Rule& rule, const client::Deployment& deployment);
  Next end(RunFolder& run, Outcome outcome);
  Next report(Job& job);

  const Config& config_;
  WorkFolder& work_;
  StopFlag& stop_;
  const client::Api api_;
  Reporter reporter_;
  Checkout checkout_;
  Scheduler scheduler_;  // last: its threads use all other members
};

}  // namespace esclusa::agent
