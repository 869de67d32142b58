#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/config.h"
#include "agent/stop_flag.h"
#include "base/boot_clock.h"
#include "base/mutex.h"
#include "base/supervised.h"
#include "client/api.h"

namespace esclusa::agent {

/// A claim that this agent holds. May be used from any thread.
class HeldClaim {
 public:
  /// `server` with the token that has made the claim.
  HeldClaim(client::Target server, std::string repository_path, int64_t deployment, int64_t fence)
      : api_(std::move(server)),
        repository_path_(std::move(repository_path)),
        deployment_(deployment),
        fence_(fence) {}

  int64_t fence() const { return fence_; }
  /// Requested when the claim is lost: what runs under it must end.
  StopFlag& ending() { return ending_; }
  bool is_lost() const { return is_lost_; }
  /// Why it was lost, as a sentence without a full stop.
  std::string why() const;
  /// Whether the server has said that it was lost, so that it accepts no report under it.
  bool is_ended_by_server() const { return is_ended_by_server_; }
  enum class Ended { by_server, unheard };
  /// It is lost from now on; the first reason is kept.
  void lose(const std::string& why, Ended ended);

 private:
  friend class ClaimKeeper;
  const client::Api api_;
  const std::string repository_path_;
  const int64_t deployment_;
  const int64_t fence_;
  StopFlag ending_;
  std::atomic<bool> is_lost_ = false;
  std::atomic<bool> is_ended_by_server_ = false;
  mutable Mutex mutex_;
  std::string why_ GUARDED_BY(mutex_);
  /// By the boot clock of this machine.
  std::chrono::microseconds end_ GUARDED_BY(mutex_){};
  std::chrono::microseconds next_heartbeat_ GUARDED_BY(mutex_){};
};

/// Keeps the claims of all runs alive by heartbeats, and notices when one is lost: the server says
/// so, or it could not be asked until the end of the claim was near. One thread sends the
/// heartbeats, another one watches the ends, because the first may wait for an answer. The ends are
/// counted on the boot clock, which nobody can set, and which goes on while the machine sleeps.
class ClaimKeeper {
 public:
  /// `server`: where claims are kept for which no other token is named.
  explicit ClaimKeeper(client::Target server, ClaimTimes times, BootClock clock = boot_now);
  ~ClaimKeeper();
  ClaimKeeper(const ClaimKeeper&) = delete;

  const ClaimTimes& times() const { return times_; }
  std::chrono::microseconds now() const { return clock_().since_boot; }
  /// Keeps a claim for as long as the returned object is there. `asked_at` is when the server was
  /// asked for it, by `now`; a claim of an earlier agent begins with a heartbeat.
  std::shared_ptr<HeldClaim> keep(std::string repository_path, int64_t deployment, int64_t fence,
                                  std::chrono::microseconds asked_at,
                                  const std::optional<client::Target>& server = {});
  std::shared_ptr<HeldClaim> keep_again(std::string repository_path, int64_t deployment,
                                        int64_t fence,
                                        const std::optional<client::Target>& server = {});

 private:
  std::shared_ptr<HeldClaim> make(const std::optional<client::Target>& server,
                                  std::string repository_path, int64_t deployment, int64_t fence);
  std::shared_ptr<HeldClaim> add(std::shared_ptr<HeldClaim> claim);
  std::vector<std::shared_ptr<HeldClaim>> held() const;
  void watch();
  void send_heartbeats();
  void heartbeat(HeldClaim& claim);

  const client::Target server_;
  const ClaimTimes times_;
  const BootClock clock_;
  mutable Mutex mutex_;
  mutable std::vector<std::weak_ptr<HeldClaim>> claims_ GUARDED_BY(mutex_);
  StopFlag stop_;            ///< ends a request
  SupervisedThread sender_;  ///< these are last: they use all of the above
  SupervisedThread watcher_;
};

}  // namespace esclusa::agent
