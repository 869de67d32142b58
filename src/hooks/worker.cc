#include "hooks/worker.h"

#include <algorithm>

#include "base/limits.h"
#include "base/log.h"

namespace esclusa::hooks {

using namespace std::chrono_literals;

namespace {
constexpr auto shutdown_grace = 2'000ms;  // time for sends in flight when the server stops
}  // namespace

Worker::Worker(store::Database& database, const Sealer& sealer, Clock now, WorkerSettings settings)
    : database_(database),
      sealer_(sealer),
      now_(std::move(now)),
      settings_(std::move(settings)),
      thread_("deliveries", [this](const std::stop_token& stop) { run(stop); }) {}

void Worker::wake() {
  is_woken_ = true;
  sender_.wake();
}

void Worker::run(const std::stop_token& stop) {
  const std::stop_callback stopping(stop, [this] { wake(); });
  finish_sends(trouble_wait);  // after an exception: what was in flight then goes on
  lanes_.clear();              // only the table is right now
  scanned_.reset();
  must_look_at_all_ = must_look_at_redeliveries_ = true;
  follow_clock();
  while (!stop.stop_requested()) {
    const auto time = turn(stop);
    const Resting resting(time);
    sender_.poll(time);
  }
  finish_sends(shutdown_grace);
  end_recording();
  record();
  throw_failure();
}

/// Records what has its answer, and starts what is due. Returns how long to wait for more.
std::chrono::milliseconds Worker::turn(const std::stop_token& stop) {
  Trace trace;
  std::chrono::milliseconds wait{};
  {
    const Trace::Under under(settings_.on_trace ? &trace : nullptr);
    const bool is_over = under_way_.recording && under_way_.recording->is_over;
    if (is_over) end_recording();
    begin_recording();
    if (!stop.stop_requested()) claim();
    begin_recording();
    figures_.in_flight = claimed_.size();
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

/// The claim is the last step: what could not be started is still due.
void Worker::start(store::DueDelivery delivery) {
  const Timestamp at = now_();
  const DeliveryId id = delivery.id;
  const HookId hook = delivery.hook.id;
  const bool is_skipped = delivery.superseded_by &&
                          delivery.hook.when_superseded == core::WhenSuperseded::skip &&
                          !delivery.redelivery && !delivery.skipped_before;
  if (is_skipped || !delivery.body) {
    answers_.push_back({std::move(delivery), at});
    claimed_.emplace(id, hook);
    return;
  }
  const RepositoryId repository = delivery_repository(delivery);
  const bool is_failing = delivery.hook.health.failure_count > 0;
  http::OutboundRequest request = make_request(delivery, settings_.destinations, at);
  // The bodies are not needed any more, and answers may be many.
  std::string body = std::exchange(request.body, {});
  auto sent = request;
  request.body = std::move(body);
  delivery.body.emplace();
  // It only keeps the answer: what it threw would leave the claim for good.
  auto done = [this, request = std::move(sent), at,
               delivery = std::move(delivery)](http::OutboundResponse response) mutable {
    auto open = open_sends_.find(delivery.hook.id);
    if (--open->second.count == 0) open_sends_.erase(open);
    sends_.give_back(delivery_repository(delivery));
    has_send_ended_ = true;
    answers_.push_back({std::move(delivery), at, std::move(request), std::move(response)});
  };
  sender_.start(std::move(request), std::move(done));
  OpenSends& sends = open_sends_[hook];
  ++sends.count;
  sends.is_failing = is_failing;
  sends_.take(repository);
  claimed_.emplace(id, hook);
}

std::chrono::milliseconds Worker::time_to_wait() {
  if (!answers_.empty() && !under_way_.recording) return trouble_wait;
  if (must_look_at_new_ || (scanned_ && lanes_.has_room())) return 0ms;
  auto wait = std::chrono::ceil<std::chrono::milliseconds>(clock_at_ - now_());
  if (must_look_at_all_) {
    const auto pause = next_look_at_all_ - std::chrono::steady_clock::now();
    wait = std::min(wait, std::chrono::ceil<std::chrono::milliseconds>(pause));
  }
  return std::clamp<std::chrono::milliseconds>(wait, 1ms, idle_wait);
}

}  // namespace esclusa::hooks
