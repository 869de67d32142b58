#include "hooks/worker.h"

#include <algorithm>
#include <array>
#include <ranges>

#include "base/exhaustion.h"
#include "base/limits.h"
#include "base/log.h"
#include "core/refusal.h"
#include "store/audit.h"
#include "store/hook_health.h"

namespace esclusa::hooks {

using namespace std::chrono_literals;

namespace {
constexpr auto idle_wait = 5'000ms;       // the longest delay after a clock change
constexpr auto trouble_wait = 500ms;      // before the next try after a database error
constexpr auto shutdown_grace = 2'000ms;  // time for sends in flight when the server stops

/// Whose share of the sends a delivery takes: all pings of organizations' hooks have one share.
RepositoryId repository_of(const store::DueDelivery& delivery) {
  return delivery.event.repository_id.value_or(RepositoryId{});
}
}  // namespace

Worker::Worker(store::Database& database, const Sealer& sealer, Clock now, WorkerSettings settings)
    : database_(database),
      sealer_(sealer),
      now_(std::move(now)),
      settings_(std::move(settings)),
      thread_("deliveries", [this](const std::stop_token& stop) { run(stop); }) {}

void Worker::wake() { sender_.wake(); }

void Worker::run(const std::stop_token& stop) {
  const std::stop_callback stopping(stop, [this] { wake(); });
  finish_sends(trouble_wait);  // after an exception: what was in flight then goes on
  follow_clock();
  while (!stop.stop_requested()) {
    const auto time = turn(stop);
    const Resting resting(time);
    sender_.poll(time);
  }
  finish_sends(shutdown_grace);
  record();
  throw_failure();
}

/// Records what has its answer, and starts what is due. Returns how long to wait for more.
std::chrono::milliseconds Worker::turn(const std::stop_token& stop) {
  Trace trace;
  std::chrono::milliseconds wait{};
  {
    const Trace::Under under(settings_.on_trace ? &trace : nullptr);
    do {
      record();
      claim();
      // What is skipped makes room for what follows.
    } while (!stop.stop_requested() && !answers_.empty() && record());
    throw_failure();
    wait = time_to_wait();
  }
  if (settings_.on_trace) settings_.on_trace(trace);
  return wait;
}

/// Once in the life of a process.
void Worker::follow_clock() {
  if (has_followed_clock_) return;
  auto back = database_.write([&](store::Writer& tx) { return store::follow_clock(tx, now_()); });
  if (!back) {
    log::error("deliveries come late if the clock was set back", {{"error", back.error().message}});
  } else if (*back) {
    log::warning("the clock was set back", {{"seconds", (*back)->count() / 1'000'000}});
  }
  has_followed_clock_ = true;
}

/// Works on what is in flight for at most that time.
void Worker::finish_sends(std::chrono::milliseconds time) {
  const auto deadline = std::chrono::steady_clock::now() + time;
  while (sender_.in_flight() > 0 && std::chrono::steady_clock::now() < deadline) {
    sender_.poll(50ms);
  }
}

/// Whether the hook has all the sends that it may have. A failing hook may have only one: if it
/// hangs, more sends would take the places of other hooks.
bool Worker::OpenSends::is_full() const {
  return count >= (is_failing ? 1 : limits::delivery_hook_concurrency);
}

void Worker::claim() {
  const Span span("claim");
  store::BusySenders busy = busy_senders();
  while (claimed_.size() < limits::delivery_concurrency) {
    asked_at_ = now_();
    // Claimed deliveries are still due in the table, so ask for that many more.
    const size_t limit = limits::delivery_concurrency + claimed_.size();
    auto lists = database_.read([&](store::Reader& db) {
      return std::array{store::list_redeliveries(db, sealer_, limit, busy),
                        store::list_due(db, sealer_, asked_at_, limit, busy),
                        store::list_probes(db, sealer_, asked_at_, limit, busy)};
    });
    if (!lists) return;
    const size_t busy_before = busy.hooks.size() + busy.repositories.size();
    for (store::DueDelivery& delivery : *lists | std::views::join) {
      if (claimed_.size() >= limits::delivery_concurrency) return;
      if (!may_claim(delivery, busy)) continue;
      const HookId hook = delivery.hook.id;
      if (delivery.hook.has_unreadable_secret || delivery.hook.has_unreadable_credentials) {
        log::error("a webhook's secret does not unseal: was secret.key changed?",
                   {{"hook_id", hook.value}});
        busy.hooks.push_back(hook);
        continue;
      }
      const RepositoryId repository = repository_of(delivery);
      start(std::move(delivery));
      if (open_sends_[hook].is_full()) busy.hooks.push_back(hook);
      if (!sends_.may_take(repository)) busy.repositories.push_back(repository);
    }
    const bool has_all =
        std::ranges::all_of(*lists, [&](auto& list) { return list.size() < limit; });
    if (has_all || busy.hooks.size() + busy.repositories.size() == busy_before) return;
  }
}

/// Hooks and repositories that have all their sends are left out, or their queues would hide those
/// of others. A repository whose receivers all hang always leaves sends to the others.
store::BusySenders Worker::busy_senders() const {
  store::BusySenders busy;
  for (const auto& [hook, sends] : open_sends_) {
    if (sends.is_full()) busy.hooks.push_back(hook);
  }
  for (const RepositoryId repository : sends_.owners()) {
    if (!sends_.may_take(repository)) busy.repositories.push_back(repository);
  }
  return busy;
}

bool Worker::may_claim(const store::DueDelivery& delivery, const store::BusySenders& busy) const {
  return !claimed_.contains(delivery.id) && std::ranges::count(busy.hooks, delivery.hook.id) == 0 &&
         std::ranges::count(busy.repositories, repository_of(delivery)) == 0;
}

/// The claim is the last step: what could not be started is still due.
void Worker::start(store::DueDelivery delivery) {
  const Timestamp at = now_();
  const DeliveryId id = delivery.id;
  const bool is_skipped = delivery.superseded_by &&
                          delivery.hook.when_superseded == core::WhenSuperseded::skip &&
                          !delivery.redelivery && !delivery.skipped_before;
  if (is_skipped || !delivery.body) {
    answers_.push_back({std::move(delivery), at});
    claimed_.insert(id);
    return;
  }
  const HookId hook = delivery.hook.id;
  const RepositoryId repository = repository_of(delivery);
  const bool is_failing = delivery.hook.health.failure_count > 0;
  http::OutboundRequest request = make_request(delivery, settings_.destinations, at);
  // It only keeps the answer: what it threw would leave the claim for good.
  auto done = [this, request, at,
               delivery = std::move(delivery)](http::OutboundResponse response) mutable {
    auto open = open_sends_.find(delivery.hook.id);
    if (--open->second.count == 0) open_sends_.erase(open);
    sends_.give_back(repository_of(delivery));
    answers_.push_back({std::move(delivery), at, std::move(request), std::move(response)});
  };
  sender_.start(std::move(request), std::move(done));
  OpenSends& sends = open_sends_[hook];
  ++sends.count;
  sends.is_failing = is_failing;
  sends_.take(repository);
  claimed_.insert(id);
}

namespace {

/// Whether this refusal of the body is final: the allowed number of refusals in a row is reached.
bool is_refused_for_good(store::Writer& tx, const store::DueDelivery& delivery, int code) {
  if (!core::is_refusal(code)) return false;
  constexpr int before = core::refused_attempts_max - 1;
  const auto codes = store::latest_status_codes(tx, delivery.id, before);
  return codes.size() == before && std::ranges::all_of(codes, core::is_refusal);
}

}  // namespace

store::AttemptOutcome Worker::outcome_of(store::Writer& tx, const Finished& finished) const {
  if (finished.result == Finished::Result::delivered) {
    return {.delivered = true, .next_attempt_at = std::nullopt};
  }
  const store::DueDelivery& delivery = finished.delivery;
  if (is_refused_for_good(tx, delivery, finished.attempt.status_code)) {
    return {.refused = true, .next_attempt_at = std::nullopt};
  }
  const double jitter = static_cast<double>(static_cast<uint8_t>(random_bytes(1)[0])) / 256.0;
  auto pause = core::retry_pause(delivery.attempt_count + 1, jitter);
  if (!pause || delivery.hook.retry == core::HookRetry::none) return {};
  auto scaled = std::chrono::microseconds(
      static_cast<int64_t>(static_cast<double>(pause->count()) * settings_.retry_scale));
  return {.delivered = false,
          .next_attempt_at = now_() + std::max(scaled, finished.retry_after.value_or(scaled))};
}

void Worker::settle(store::Writer& tx, Finished& finished) const {
  finished.hook_news.clear();
  const store::DueDelivery& delivery = finished.delivery;
  if (finished.result == Finished::Result::skipped) {
    return store::record_unsent(tx, delivery, finished.attempt, core::DeliveryState::skipped);
  }
  if (finished.result == Finished::Result::pruned) {
    return store::record_unsent(tx, delivery, finished.attempt, core::DeliveryState::dead);
  }
  store::record_attempt(tx, delivery, finished.attempt, outcome_of(tx, finished));
  // A failed redelivery tells nothing about the hook; a successful one does.
  if (finished.result == Finished::Result::delivered) {
    const core::HookHealth health = store::get_hook_health(tx, delivery.hook.id);
    if (health.failure_count == 0) return;
    store::set_hook_health(tx, delivery.hook.id, {});
    if (!health.probe_at) return;
    store::make_due_now(tx, delivery.hook.id, now_());
    finished.hook_news = "works again";
  } else if (!delivery.redelivery) {
    core::is_refusal(finished.attempt.status_code) ? settle_refusal(tx, delivery.hook.id)
                                                   : settle_failure(tx, finished);
  }
}

/// A refused body does not count for the breaker. If the breaker is open, the hook's oldest
/// delivery is probed next.
void Worker::settle_refusal(store::Writer& tx, HookId hook) const {
  const core::HookHealth health = store::get_hook_health(tx, hook);
  if (!health.probe_at) return;
  const Timestamp now = now_();
  store::set_hook_health(tx, hook, core::after_refusal(health, now, settings_.retry_scale));
  store::hold_behind_oldest(tx, hook, now);
}

void Worker::settle_failure(store::Writer& tx, Finished& finished) const {
  constexpr int gone = 410;
  const HookId hook = finished.delivery.hook.id;
  const Timestamp now = now_();
  const core::HookHealth before = store::get_hook_health(tx, hook);
  core::HookHealth health = core::after_failure(before, now, settings_.retry_scale);
  std::string_view fault;
  if (finished.attempt.status_code == gone) {
    fault = "the receiver answered 410 Gone";
  } else if (core::is_given_up(health, now)) {
    fault = "the receiver has failed for five days";
  }
  if (!fault.empty()) {
    finished.hook_news = "is switched off: " + std::string(fault);
    store::disable_hook(tx, hook, fault, now);
    store::AuditEntry entry{.action = "hook.disable", .repository_id = {}, .target_id = hook.value};
    return store::insert_audit(tx, core::Actor::timer(), entry, now);
  }
  // Without retries no order has to be kept: each delivery is tried once, as on GitHub.
  if (finished.delivery.hook.retry == core::HookRetry::none) health.probe_at.reset();
  if (health.probe_at && finished.retry_after) {
    health.probe_at = std::max(*health.probe_at, now + *finished.retry_after);
  }
  store::set_hook_health(tx, hook, health);
  if (!health.probe_at) return;
  store::hold_behind_oldest(tx, hook, *health.probe_at);
  if (!before.probe_at) finished.hook_news = "fails again and again: its deliveries wait";
}

Worker::Finished Worker::judge(const Answer& answer) const {
  using enum Finished::Result;
  const auto& [delivery, at, request, response] = answer;
  if (!request) return {delivery, make_unsent(delivery, at), delivery.body ? skipped : pruned};
  return {delivery, make_attempt(*request, response, at),
          is_delivered(response) ? delivered : failed, retry_after(response, now_())};
}

/// Records these in one transaction, and ends their claims. False if the storage failed.
bool Worker::record(std::span<const Answer> answers) {
  const Span span("record");
  std::vector<Finished> all;
  for (const Answer& answer : answers) all.push_back(judge(answer));
  auto recorded = database_.write([&](store::Writer& tx) {
    for (Finished& finished : all) settle(tx, finished);
  });
  if (!recorded) return false;
  for (const Finished& finished : all) {
    claimed_.erase(finished.delivery.id);
    log_finished(finished);
  }
  return true;
}

/// A line for the attempt, and one more if it changed its hook. No URL: it may hold credentials.
void Worker::log_finished(const Finished& finished) {
  const store::DueDelivery& delivery = finished.delivery;
  const bool has_failed =
      finished.result == Finished::Result::failed || finished.result == Finished::Result::pruned;
  const log::Level level = has_failed ? log::Level::warning : log::Level::info;
  log::write(level, has_failed ? "a delivery failed" : "delivery",
             {{"delivery_id", delivery.id.value},
              {"hook_id", delivery.hook.id.value},
              {"guid", delivery.event.guid},
              {"event", delivery.event.kind},
              {"attempt", delivery.attempt_count + 1},
              {"probe", delivery.is_probe},
              {"redelivery", delivery.redelivery.has_value()},
              {"status", finished.attempt.status}});
  if (finished.hook_news.empty()) return;
  log::write(level, "a webhook " + finished.hook_news, {{"hook_id", delivery.hook.id.value}});
}

/// Records all answers. False if some could not be recorded: they are kept, since forgetting an
/// answer would send the same delivery without a pause.
bool Worker::record() {
  if (answers_.empty()) return true;
  try {
    if (!record(answers_)) return false;
    answers_.clear();
  } catch (const std::exception& exception) {
    if (is_exhaustion(exception)) throw;
    failure_ = std::current_exception();
    std::erase_if(answers_, [this](const Answer& answer) { return record_alone(answer); });
  }
  return answers_.empty();
}

/// One that cannot be recorded must not hold up the others.
bool Worker::record_alone(const Answer& answer) {
  try {
    return record({&answer, 1});
  } catch (const std::exception& exception) {
    if (is_exhaustion(exception)) throw;
    return false;
  }
}

/// Tells the supervisor that something could not be recorded, once everything else of a turn is
/// done.
void Worker::throw_failure() {
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

std::chrono::milliseconds Worker::time_to_wait() {
  if (!answers_.empty()) return trouble_wait;
  if (claimed_.size() >= limits::delivery_concurrency) return idle_wait;  // or until one is done
  const Span span("next due");
  // From the moment on at which `claim` looked: what came due since must not be slept over.
  auto next = database_.read([&](store::Reader& db) { return store::next_due(db, asked_at_); });
  if (!next) return trouble_wait;
  if (!*next) return idle_wait;
  auto until = std::chrono::ceil<std::chrono::milliseconds>(**next - now_());
  return std::clamp<std::chrono::milliseconds>(until, 1ms, idle_wait);
}

}  // namespace esclusa::hooks
