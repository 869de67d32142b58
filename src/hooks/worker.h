#pragma once
#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/crypto.h"
#include "base/fair_share.h"
#include "base/limits.h"
#include "base/supervised.h"
#include "base/trace.h"
#include "core/network_address.h"
#include "hooks/delivery.h"
#include "hooks/figures.h"
#include "hooks/lanes.h"
#include "store/database.h"

namespace esclusa::hooks {

struct WorkerSettings {
  core::DestinationPolicy destinations;
  double retry_scale = 1.0;  ///< multiplies the backoff between attempts; below 1 in tests
  /// Called with the trace of each turn that did not fail, by the worker's thread, before it waits;
  /// empty: nobody asks.
  std::function<void(const Trace&)> on_trace = {};
};

/// Whose share of the sends a delivery takes: all pings of organizations' hooks have one share.
RepositoryId delivery_repository(const store::DueDelivery& delivery);

/// Sends the deliveries that the transactions left behind: claim what is due, sign, send, record,
/// and try again later if need be. One thread; claims live in memory, so what was in flight when
/// the process died is simply due again: at least once, never lost. After an exception the claims
/// are what they were: what is in flight goes on, and what has its answer is recorded later.
///
/// The table says what is due; in memory are only the lanes that are worth a look
/// (docs/decisions/0032). A claim ends with the commit of its record, so that a crash repeats at
/// most the one delivery of a lane; a place among the open sends is free from the answer on.
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
  const DeliveryFigures& figures() const { return figures_; }

 private:
  static constexpr std::chrono::milliseconds idle_wait{5'000};   ///< at most, if the clock is set
  static constexpr std::chrono::milliseconds trouble_wait{500};  ///< after a database error

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
    /// What the hook's receiver has asked for lately, by Retry-After.
    Timestamp not_before = {};
    bool is_dead = false;        ///< it ended undelivered
    std::string hook_news = {};  ///< what its recording changed of its hook, for the log
  };
  /// The open sends to a hook.
  struct OpenSends {
    size_t count = 0;
    bool is_failing = false;
    bool is_full() const;
  };
  /// Answers whose record is being committed, and what became of them.
  struct Recording {
    std::vector<Answer> answers;
    std::vector<Finished> all;
    Result<void> outcome = {};
    std::exception_ptr thrown = {};
    std::atomic<bool> is_over = false;
    std::promise<void> over = {};
  };
  /// Nobody uses the worker any more when it is gone.
  struct UnderWay {
    std::shared_ptr<Recording> recording = {};
    std::future<void> over = {};
    ~UnderWay() {
      if (over.valid()) over.wait();
    }
  };

  void run(const std::stop_token& stop);
  std::chrono::milliseconds turn(const std::stop_token& stop);
  void follow_clock();
  void claim();
  void look(store::Reader& db);
  void look_at_all(store::Reader& db);
  void look_at_new(store::Reader& db);
  void look_at_clock(store::Reader& db);
  void look_at_lanes(store::Reader& db);
  bool look_at_each_hook(store::Reader& db);
  void look_at_oldest(store::Reader& db, const store::DeliveryLane& lane);
  void look_at_unordered(store::Reader& db, const store::DeliveryLane& lane);
  void look_at_redeliveries(store::Reader& db);
  void look_at_probes(store::Reader& db);
  void add_lane(const store::DeliveryLane& lane);
  bool may_claim_more() const;
  bool start_if_readable(store::DueDelivery delivery);
  store::BusySenders busy_senders() const;
  bool may_claim(const store::DueDelivery& delivery, const store::BusySenders& busy) const;
  void start(store::DueDelivery delivery);
  void finish_sends(std::chrono::milliseconds time);
  void begin_recording();
  void end_recording();
  void settled(const Finished& finished);
  void record();
  void record_each(const std::exception_ptr& thrown);
  bool record(std::span<const Answer> answers);
  bool record_alone(const Answer& answer);
  static void log_finished(const Finished& finished);
  void count(const Finished& finished);
  void throw_failure();
  Finished judge(const Answer& answer);
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
  std::unordered_map<DeliveryId, HookId> claimed_;
  std::unordered_map<HookId, OpenSends> open_sends_;
  /// Until when receivers do not want what they have refused; forgotten by a restart.
  std::unordered_map<HookId, Timestamp> asked_to_wait_;
  FairShare<RepositoryId> sends_{limits::delivery_concurrency};  ///< all open ones
  std::vector<Answer> answers_;
  UnderWay under_way_;
  std::chrono::steady_clock::time_point next_record_{};  ///< not before
  std::exception_ptr failure_;                           ///< of the last attempt to record them

  DeliveryFigures figures_;
  Lanes lanes_;
  bool has_send_ended_ = false;  ///< since lanes of several repositories were brought back
  std::atomic<bool> is_woken_ = false;
  bool must_look_at_new_ = false;
  bool must_look_at_all_ = true;
  bool must_look_at_redeliveries_ = true;
  bool must_look_at_probes_ = false;            ///< some waited for a send that is free
  std::optional<store::DeliveryLane> scanned_;  ///< a look at everything has come to here
  std::chrono::steady_clock::time_point next_look_at_all_{};  ///< not before
  std::chrono::steady_clock::time_point last_look_at_all_{};
  std::optional<DeliveryId> newest_;  ///< all up to it have been seen
  Timestamp came_due_until_{};        ///< what came due until then was looked at
  Timestamp clock_at_{};              ///< when the next one comes due, at the earliest
  bool has_followed_clock_ = false;
  SupervisedThread thread_;  ///< last: it uses all of the above
};

}  // namespace esclusa::hooks
