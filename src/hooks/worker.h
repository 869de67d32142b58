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
  double retry_scale = 1.0;  ///< multiplies the backoff between attempts; below 1 in tests
};

/// Sends deliveries: claims those that are due, signs, sends, records, and retries. One thread.
/// Claims are only in memory, so a send in flight when the process dies is due again at the next
/// start: a delivery is made at least once, and never lost.
class Worker {
 public:
  Worker(store::Database& database, const Sealer& sealer, Clock now, WorkerSettings settings);
  /// Waits a short time for sends in flight; the next start sends the rest.
  ~Worker();
  Worker(const Worker&) = delete;

  /// Call it when a delivery may be due. Any thread; cheap.
  void wake();

 private:
  /// A send with its response, or a skipped delivery, that is not recorded yet.
  struct Finished {
    store::DueDelivery delivery;
    store::DeliveryAttempt attempt;
    enum class Result { delivered, failed, skipped } result;
    std::optional<std::chrono::microseconds> retry_after = {};
  };
  /// The open sends to a hook.
  struct OpenSends {
    size_t count = 0;
    bool is_failing = false;
    bool is_full() const;
  };

  void run();
  void claim();
  bool may_claim(const store::DueDelivery& delivery, const std::vector<HookId>& busy) const;
  void start(store::DueDelivery delivery);
  void record();
  void settle(store::Connection& tx, const Finished& finished) const;
  store::AttemptOutcome outcome_of(store::Connection& tx, const Finished& finished) const;
  void settle_failure(store::Connection& tx, const Finished& finished) const;
  void settle_refusal(store::Connection& tx, HookId hook) const;
  std::chrono::milliseconds time_to_wait();

  store::Database& database_;
  const Sealer& sealer_;
  const Clock now_;
  const WorkerSettings settings_;
  http::Sender sender_;
  std::unordered_set<DeliveryId> claimed_;
  std::unordered_map<HookId, OpenSends> open_sends_;
  std::vector<Finished> finished_;
  Timestamp asked_at_{};  ///< time of the last claim; earlier due deliveries were seen
  std::atomic<bool> stopping_ = false;
  std::thread thread_;  ///< last, because it uses all members above
};

}  // namespace esclusa::hooks
