#include <algorithm>
#include <ranges>

#include "base/exhaustion.h"
#include "base/log.h"
#include "core/refusal.h"
#include "hooks/worker.h"
#include "store/audit.h"
#include "store/hook_health.h"

/// What the worker makes of an answer, and how it records it.
namespace esclusa::hooks {

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
  finished.is_dead = finished.result == Finished::Result::pruned;
  const store::DueDelivery& delivery = finished.delivery;
  if (finished.result == Finished::Result::skipped) {
    return store::record_unsent(tx, delivery, finished.attempt, core::DeliveryState::skipped);
  }
  if (finished.result == Finished::Result::pruned) {
    return store::record_unsent(tx, delivery, finished.attempt, core::DeliveryState::dead);
  }
  const store::AttemptOutcome outcome = outcome_of(tx, finished);
  store::record_attempt(tx, delivery, finished.attempt, outcome);
  // A redelivery leaves the delivery as it is, and a probe all but one that is refused for good.
  const bool has_no_attempt_left =
      !outcome.delivered && !outcome.next_attempt_at && !delivery.is_probe;
  finished.is_dead = !delivery.redelivery && (outcome.refused || has_no_attempt_left);
  // A failed redelivery tells nothing about the hook; a successful one does.
  if (finished.result == Finished::Result::delivered) {
    const core::HookHealth health = store::get_hook_health(tx, delivery.hook.id);
    if (health.failure_count == 0) return;
    store::set_hook_health(tx, delivery.hook.id, {});
    if (!health.probe_at) return;
    store::make_due(tx, delivery.hook.id, std::max(now_(), finished.not_before));
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

Worker::Finished Worker::judge(const Answer& answer) {
  using enum Finished::Result;
  const auto& [delivery, at, request, response] = answer;
  if (!request) return {delivery, make_unsent(delivery, at), delivery.body ? skipped : pruned};
  const Timestamp now = now_();
  const auto pause = retry_after(response, now);
  if (pause) {
    std::erase_if(asked_to_wait_, [&](const auto& asked) { return asked.second <= now; });
    Timestamp& until = asked_to_wait_[delivery.hook.id];
    until = std::max(until, now + *pause);
  }
  const auto asked = asked_to_wait_.find(delivery.hook.id);
  return {.delivery = delivery,
          .attempt = store::pack(delivery, make_attempt(*request, response, at)),
          .result = is_delivered(response) ? delivered : failed,
          .retry_after = pause,
          .not_before = asked == asked_to_wait_.end() ? now : asked->second};
}

/// Hands all answers to the writer, unless it still has some. Nobody waits for the commit.
void Worker::begin_recording() {
  if (answers_.empty() || under_way_.recording) return;
  if (std::chrono::steady_clock::now() < next_record_) return;
  const Span span("record");
  auto recording = std::make_shared<Recording>();
  try {
    for (const Answer& answer : answers_) recording->all.push_back(judge(answer));
  } catch (...) {
    return record_each(std::current_exception());
  }
  recording->answers = std::exchange(answers_, {});  // they stay where they are in memory
  under_way_.over = recording->over.get_future();
  under_way_.recording = recording;
  database_.write_later(
      [this, recording](store::Writer& tx) -> Result<void> {
        for (Finished& finished : recording->all) settle(tx, finished);
        return {};
      },
      [this, recording](Result<void> outcome, std::exception_ptr thrown) {
        recording->outcome = std::move(outcome);
        recording->thrown = std::move(thrown);
        recording->is_over = true;
        sender_.wake();
        recording->over.set_value();  // last: then the worker may end
      });
}

/// Waits for the commit that is under way, and ends the claims of what it has recorded. What could
/// not be recorded is kept: forgetting an answer would send the same delivery without a pause.
void Worker::end_recording() {
  if (!under_way_.recording) return;
  under_way_.over.get();
  const auto recording = std::exchange(under_way_.recording, nullptr);
  if (recording->thrown) {
    std::ranges::move(recording->answers, std::back_inserter(answers_));
    return record_each(recording->thrown);
  }
  if (!recording->outcome) {
    std::ranges::move(recording->answers, std::back_inserter(answers_));
    next_record_ = std::chrono::steady_clock::now() + trouble_wait;
    return;
  }
  for (const Finished& finished : recording->all) settled(finished);
}

/// Records these in one transaction, and ends their claims. False if the storage failed.
bool Worker::record(std::span<const Answer> answers) {
  std::vector<Finished> all;
  for (const Answer& answer : answers) all.push_back(judge(answer));
  auto recorded = database_.write([&](store::Writer& tx) {
    for (Finished& finished : all) settle(tx, finished);
  });
  if (!recorded) return false;
  for (const Finished& finished : all) settled(finished);
  return true;
}

/// Ends the claim of a delivery that is recorded. Its lane has a next one, or the same one again:
/// it may have been replayed meanwhile.
void Worker::settled(const Finished& finished) {
  const store::DueDelivery& delivery = finished.delivery;
  claimed_.erase(delivery.id);
  count(finished);
  add_lane(delivery.lane);
  if (delivery.redelivery) must_look_at_redeliveries_ = true;
  if (finished.result == Finished::Result::failed || !finished.hook_news.empty()) {
    must_look_at_all_ = true;  // it may have changed the others of its hook
    clock_at_ = {};
  }
  log_finished(finished);
}

void Worker::count(const Finished& finished) {
  using enum Finished::Result;
  const store::DueDelivery& delivery = finished.delivery;
  if (finished.is_dead) figures_.dead.add();
  if (finished.result == skipped) figures_.skipped.add();
  if (finished.result == delivered || finished.result == failed) {
    figures_.attempt_time.observe(finished.attempt.duration);
  }
  if (finished.result == failed) figures_.failed.add();
  if (finished.result != delivered) return;
  figures_.delivered.add();
  if (!delivery.redelivery) figures_.delivery_time.observe(now_() - delivery.event.created_at);
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

/// Records what has its answer, and waits for the commit.
void Worker::record() {
  if (answers_.empty()) return;
  try {
    if (record(answers_)) answers_.clear();
  } catch (...) {
    record_each(std::current_exception());
  }
}

/// After a record of several answers has thrown this.
void Worker::record_each(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& exception) {
    if (is_exhaustion(exception)) throw;
  }
  failure_ = thrown;
  std::erase_if(answers_, [this](const Answer& answer) { return record_alone(answer); });
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

}  // namespace esclusa::hooks
