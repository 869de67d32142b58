#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <random>

#include "agent/config.h"
#include "agent/intake.h"
#include "agent/scheduler.h"
#include "agent/stop_flag.h"
#include "base/replaceable.h"
#include "client/api.h"

namespace esclusa::agent {

/// Follows the server's feed of events, and takes in its deployments. Its position is in a file, so
/// that it misses nothing while the agent is off:
///
///   feed.json   {"server": "http://…", "after": 4711}
///
/// Single thread, except `use`.
class Follower {
 public:
  /// All arguments must outlive it. `folder` is the folder of its file.
  Follower(const Config& config, const Intake& intake, const std::filesystem::path& folder,
           StopFlag& stop, Scheduler::Backoff backoff = {});

  /// Another token from the next request on. Any thread.
  void use(std::shared_ptr<const client::Api> server) { server_.set(std::move(server)); }
  /// Reads its position, or makes one request for the end of the feed, so that no deployment that
  /// follows is missed. If the server does not answer, this is logged, and `run` tries again.
  void begin();
  /// Runs until the stop is requested, after `begin`.
  void run();

 private:
  std::optional<int64_t> load() const;
  Result<void> save() const;
  /// Makes one request to the server, and handles the answer.
  Result<void> step();
  /// True if all events of the page are safely recorded or can be ignored.
  bool take(const client::FeedPage& page);
  void explain(const Error& error);

  const Config& config_;
  const Intake& intake_;
  const std::filesystem::path file_;
  StopFlag& stop_;
  const Scheduler::Backoff backoff_;
  Replaceable<client::Api> server_;
  std::optional<int64_t> after_;  ///< `nullopt`: the feed was never read
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace esclusa::agent
