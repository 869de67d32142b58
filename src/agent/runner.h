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

/// Takes accepted deployments to their end: asks the server, begins the run, fetches, runs the
/// command, and reports. One at a time per repository and environment. While the server cannot be
/// reached, deployments wait in the queue, and outcomes on disk.
///
///   queued ──server asked──► begun ──fetch, command──► ended ──server told──► reported
///     └── gone, held, finished, superseded: dropped
///
/// An outcome is on the disk before it is reported. A fault of this machine, such as a full disk,
/// is an outcome (`error`), and the next deployments go on.
class Runner {
 public:
  /// All arguments outlive it. `public_url` is where the agent serves logs, in webhook mode.
  Runner(const Config& config, WorkFolder& work, StopFlag& stop, std::string public_url,
         Scheduler::Backoff backoff = {});

  /// Takes up what an earlier agent left: queued events, unreported outcomes, and runs that have
  /// none, which are ended and not run again.
  Result<void> recover();
  /// An event that is in the queue on disk. Any thread.
  void add(DeploymentEvent event);
  void start() { scheduler_.start(); }
  /// After the stop was requested: whether all threads came to an end within that time.
  bool wait_idle(std::chrono::milliseconds time);

 private:
  /// A deployment on its way; its run is there once it has begun.
  struct Job {
    DeploymentEvent event = {};
    std::optional<RunFolder> run = {};
    std::string lane = {};
    bool may_be_reported = false;  ///< an answer may have been lost
  };
  void add_job(const std::shared_ptr<Job>& job, const std::string& repository,
               const std::string& environment, int64_t id);
  Next advance(const std::shared_ptr<Job>& job);
  Next begin(const std::shared_ptr<Job>& job);
  /// Begins the run of a deployment that is to be run, and takes it to its outcome.
  Next run(Job& job, const Rule& rule, const client::Deployment& deployment);
  Next drop(const std::shared_ptr<Job>& job, const Judgement& judgement);
  /// Reports what becomes of a deployment that has no run, and forgets the event.
  Next settle(const DeploymentEvent& event, const std::string& state, const std::string& why);
  Next dequeue(const DeploymentEvent& event);
  /// For what may be run later. An event that came while the server was asked may be the one that
  /// says so, and it brings no job of its own.
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
  Scheduler scheduler_;  // last: its threads use all the others
};

}  // namespace esclusa::agent
