#include "hooks/worker.h"

#include <algorithm>
#include <array>
#include <ranges>

#include "base/limits.h"
#include "base/log.h"

namespace esclusa::hooks {

using namespace std::chrono_literals;

namespace {
constexpr auto idle_wait = 5'000ms;   // a clock that jumped is noticed this late
constexpr auto trouble_wait = 500ms;  // between tries to read or write a database that fails
constexpr auto farewell = 2'000ms;    // for sends in flight when the server stops
}  // namespace

Worker::Worker(store::Database& database, const Sealer& sealer, Clock now, WorkerSettings settings)
    : database_(database),
      sealer_(sealer),
      now_(std::move(now)),
      settings_(std::move(settings)),
      thread_([this] { run(); }) {}

Worker::~Worker() {
  stopping_ = true;
  wake();
  thread_.join();
}

void Worker::wake() { sender_.wake(); }

void Worker::run() {
  while (!stopping_) {
    std::chrono::milliseconds wait = trouble_wait;
    try {
      claim();
      wait = time_to_wait();
    } catch (const std::exception& bug) {
      // A row that cannot be read (a secret under another key) must not end the server.
      log::error("deliveries stand still", {{"error", bug.what()}});
    }
    sender_.poll(wait);
    record();
  }
  const auto deadline = std::chrono::steady_clock::now() + farewell;
  while (sender_.in_flight() > 0 && std::chrono::steady_clock::now() < deadline) {
    sender_.poll(50ms);
  }
  record();
}

void Worker::claim() {
  // A hook with all the sends that it may have is left out, or its queue would hide the others'.
  std::vector<HookId> busy;
  for (const auto& [hook, count] : open_sends_) {
    if (count >= limits::delivery_hook_concurrency) busy.push_back(hook);
  }
  while (claimed_.size() < limits::delivery_concurrency) {
    asked_at_ = now_();
    // What is claimed is still due in the table: ask for as many more.
    const size_t limit = limits::delivery_concurrency + claimed_.size();
    auto lists = database_.read([&](store::Connection& db) {
      return std::array{store::list_redeliveries(db, sealer_, limit, busy),
                        store::list_due(db, sealer_, asked_at_, limit, busy)};
    });
    if (!lists) return;
    const size_t busy_before = busy.size();
    for (store::DueDelivery& delivery : *lists | std::views::join) {
      if (claimed_.size() >= limits::delivery_concurrency) return;
      const HookId hook = delivery.hook.id;
      if (claimed_.contains(delivery.id) || std::ranges::count(busy, hook) > 0) continue;
      if (delivery.hook.has_unreadable_secret) {
        log::error("a webhook's secret does not unseal: was secret.key changed?",
                   {{"hook_id", hook.value}});
        busy.push_back(hook);
        continue;
      }
      start(std::move(delivery));
      if (open_sends_[hook] >= limits::delivery_hook_concurrency) busy.push_back(hook);
    }
    const bool has_all =
        std::ranges::all_of(*lists, [&](auto& list) { return list.size() < limit; });
    if (has_all || busy.size() == busy_before) return;
  }
}

void Worker::start(store::DueDelivery delivery) {
  claimed_.insert(delivery.id);
  ++open_sends_[delivery.hook.id];
  http::OutboundRequest request = make_request(delivery, settings_.destinations);
  const Timestamp at = now_();
  auto done = [this, request, at,
               delivery = std::move(delivery)](http::OutboundResponse response) mutable {
    if (--open_sends_[delivery.hook.id] == 0) open_sends_.erase(delivery.hook.id);
    store::DeliveryAttempt attempt = make_attempt(request, response, at);
    finished_.push_back({std::move(delivery), std::move(attempt), is_delivered(response)});
  };
  sender_.start(std::move(request), std::move(done));
}

store::AttemptOutcome Worker::outcome_of(const Finished& finished) const {
  if (finished.delivered) return {.delivered = true, .next_attempt_at = std::nullopt};
  // What was asked for is tried once; the schedule, if there still is one, goes on beside it.
  if (finished.delivery.redelivery) return {.delivered = false, .next_attempt_at = std::nullopt};
  const double jitter = static_cast<double>(static_cast<uint8_t>(random_bytes(1)[0])) / 256.0;
  auto pause = core::retry_pause(finished.delivery.attempt_count + 1, jitter);
  if (!pause) return {.delivered = false, .next_attempt_at = std::nullopt};
  auto scaled = std::chrono::microseconds(
      static_cast<int64_t>(static_cast<double>(pause->count()) * settings_.retry_scale));
  return {.delivered = false, .next_attempt_at = now_() + scaled};
}

void Worker::record() {
  if (finished_.empty()) return;
  auto recorded = database_.write([&](store::Connection& tx) {
    for (const Finished& finished : finished_) {
      store::record_attempt(tx, finished.delivery, finished.attempt, outcome_of(finished));
    }
  });
  // Kept and tried again: forgetting an answer would send the same delivery without a pause.
  if (!recorded) return;
  for (const Finished& finished : finished_) {
    log::info("delivery", {{"delivery_id", finished.delivery.id.value},
                           {"hook_id", finished.delivery.hook.id.value},
                           {"guid", finished.delivery.event.guid},
                           {"event", finished.delivery.event.kind},
                           {"attempt", finished.delivery.attempt_count + 1},
                           {"redelivery", finished.delivery.redelivery.has_value()},
                           {"status", finished.attempt.status}});
    claimed_.erase(finished.delivery.id);
  }
  finished_.clear();
}

std::chrono::milliseconds Worker::time_to_wait() {
  if (!finished_.empty()) return trouble_wait;
  if (claimed_.size() >= limits::delivery_concurrency) return idle_wait;  // or until one is done
  // From the moment on at which `claim` looked: what came due since must not be slept over.
  auto next = database_.read([&](store::Connection& db) { return store::next_due(db, asked_at_); });
  if (!next) return trouble_wait;
  if (!*next) return idle_wait;
  auto until = std::chrono::ceil<std::chrono::milliseconds>(**next - now_());
  return std::clamp<std::chrono::milliseconds>(until, 1ms, idle_wait);
}

}  // namespace esclusa::hooks
