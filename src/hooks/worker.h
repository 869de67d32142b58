#pragma once
#include <atomic>
#include <memory>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/crypto.h"
#include "core/network_address.h"
#include "hooks/delivery.h"
#include "store/database.h"

namespace esclusa::hooks {

struct WorkerSettings {
  core::DestinationPolicy destinations;
  double retry_scale = 1.0;  ///< multiplies the pauses between attempts; below 1 in tests
};

/// Sends the deliveries that the transactions left behind: claim what is due, sign, send, record,
/// and try again later if need be. One thread; claims live in memory, so what was in flight when
/// the process died is simply due again: at least once, never lost.
class Worker {
 public:
  Worker(store::Database& database, const Sealer& sealer, Clock now, WorkerSettings settings);
  /// Lets what is in flight finish for a moment; the rest is sent after the next start.
  ~Worker();
  Worker(const Worker&) = delete;

  /// Something may be due. Any thread; cheap.
  void wake();

 private:
  /// A send that has its answer, not yet recorded.
  struct Finished {
    store::DueDelivery delivery;
    store::DeliveryAttempt attempt;
    bool delivered;
  };

  void run();
  void claim();
  void start(store::DueDelivery delivery);
  void record();
  store::AttemptOutcome outcome_of(const Finished& finished) const;
  std::chrono::milliseconds time_to_wait();

  store::Database& database_;
  const Sealer& sealer_;
  const Clock now_;
  const WorkerSettings settings_;
  http::Sender sender_;
  std::unordered_set<DeliveryId> claimed_;
  std::unordered_map<HookId, size_t> open_sends_;  ///< per hook
  std::vector<Finished> finished_;
  Timestamp asked_at_{};  ///< what was due until then has been looked at
  std::atomic<bool> stopping_ = false;
  std::thread thread_;  ///< last: it uses all of the above
};

}  // namespace esclusa::hooks
