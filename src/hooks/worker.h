#pragma once
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/crypto.h"
#include "base/fair_share.h"
#include "base/limits.h"
#include "base/supervised.h"
#include "base/trace.h"
#include "core/network_address.h"
#include "hooks/delivery.h"
#include "store/database.h"

namespace esclusa::hooks {

struct WorkerSettings {
  core::DestinationPolicy destinations;
  double retry_scale = 1.0;  ///< multiplies the backoff between attempts; below 1 in tests
  /// Called with the trace of each turn that did not fail, by the worker's thread, before it waits;
  /// empty: nobody asks.
  std::function<void(const Trace&)> on_trace = {};
};

/// Sends the deliveries that the transactions left behind: claim what is due, sign, send, record,
/// and try again later if need be. One thread; claims live in memory, so what was in flight when
/// the process died is simply due again: at least once, never lost. After an exception the claims
/// are what they were: what is in flight goes on, and what has its answer is recorded later.
class Worker {
 public:
  Worker(store::Database& database, const Sealer& sealer, Clock now, WorkerSettings settings);
  /// Lets what is in flight finish for a moment; the rest is sent after the next start.
  ~Worker() = default;
  Worker(const Worker&) = delete;

  /// Call it when a delivery may be due. Any thread; cheap.
  void wake();
  /// How often a turn of the thread has failed. Any thread.
  size_t failure_count() const { return thread_.failure_count(); }
  const SupervisedThread& thread() const { return thread_; }

 private:
  /// A send that has its answer, or what is not sent; not yet recorded.
  struct Answer {
    store::DueDelivery delivery;
    Timestamp at;
    std::optional<http::OutboundRequest> request = {};  ///< nothing: nothing is sent
    http::OutboundResponse response = {};
  };
  /// What is made of an answer.
  struct Finished {
    const store::DueDelivery& delivery;
    store::DeliveryAttempt attempt;
    enum class Result { delivered, failed, skipped, pruned } result;
    std::optional<std::chrono::microseconds> retry_after = {};
    std::string hook_news = {};  ///< what its recording changed of its hook, for the log
  };
  /// The open sends to a hook.
  struct OpenSends {
    size_t count = 0;
    bool is_failing = false;
    bool is_full() const;
  };

  void run(const std::stop_token& stop);
  std::chrono::milliseconds turn(const std::stop_token& stop);
  void follow_clock();
  void claim();
  store::BusySenders busy_senders() const;
  bool may_claim(const store::DueDelivery& delivery, const store::BusySenders& busy) const;
  void start(store::DueDelivery delivery);
  void finish_sends(std::chrono::milliseconds time);
  bool record();
  bool record(std::span<const Answer> answers);
  bool record_alone(const Answer& answer);
  static void log_finished(const Finished& finished);
  void throw_failure();
  Finished judge(const Answer& answer) const;
  void settle(store::Writer& tx, Finished& finished) const;
  store::AttemptOutcome outcome_of(store::Writer& tx, const Finished& finished) const;
  void settle_failure(store::Writer& tx, Finished& finished) const;
  void settle_refusal(store::Writer& tx, HookId hook) const;
  std::chrono::milliseconds time_to_wait();

  store::Database& database_;
  const Sealer& sealer_;
  const Clock now_;
  const WorkerSettings settings_;
  http::Sender sender_;
  std::unordered_set<DeliveryId> claimed_;
  std::unordered_map<HookId, OpenSends> open_sends_;
  FairShare<RepositoryId> sends_{limits::delivery_concurrency};  ///< all open ones
  std::vector<Answer> answers_;
  std::exception_ptr failure_;  ///< of the last attempt to record them
  Timestamp asked_at_{};        ///< what was due until then has been looked at
  bool has_followed_clock_ = false;
  SupervisedThread thread_;  ///< last: it uses all of the above
};

}  // namespace esclusa::hooks
