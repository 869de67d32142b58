#pragma once
#include <filesystem>
#include <optional>
#include <random>

#include "agent/config.h"
#include "agent/intake.h"
#include "agent/scheduler.h"
#include "agent/stop_flag.h"
#include "client/api.h"

namespace esclusa::agent {

/// Follows the server's feed of events, and takes its deployments in. Where it is stands in a file,
/// so that it misses nothing while the agent is off:
///
///   feed.json   {"server": "http://…", "after": 4711}
///
/// One thread.
class Follower {
 public:
  /// All arguments outlive it. `folder` is where its file is.
  Follower(const Config& config, const Intake& intake, const std::filesystem::path& folder,
           StopFlag& stop, Scheduler::Backoff backoff = {});

  /// Until the stop is requested.
  void run();

 private:
  std::optional<int64_t> load() const;
  Result<void> save() const;
  /// One question to the server, and what follows from the answer.
  Result<void> step();
  /// True if all events of the page are safely taken in, or none of the agent's business.
  bool take(const client::FeedPage& page);
  void explain(const Error& error);

  const Config& config_;
  const Intake& intake_;
  const std::filesystem::path file_;
  StopFlag& stop_;
  const Scheduler::Backoff backoff_;
  const client::Api api_;
  std::optional<int64_t> after_;  ///< nothing: never asked
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace esclusa::agent
