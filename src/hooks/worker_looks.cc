#include <algorithm>
#include <limits>
#include <utility>

#include "base/limits.h"
#include "base/log.h"
#include "hooks/worker.h"

/// How the worker finds what is due: docs/decisions/0032.
namespace esclusa::hooks {

using namespace std::chrono_literals;

namespace {
constexpr auto heal_time = 60s;  // the longest time between two looks at everything
constexpr int look_pause = 9;    // looks at everything take at most a tenth of the time
constexpr size_t claims_max = 4 * limits::delivery_concurrency;  // most wait for their commit
constexpr size_t page = 1'000;                                   // rows that one look reads
constexpr RepositoryId several{};  // a lane without an order can have deliveries of several
}  // namespace

RepositoryId delivery_repository(const store::DueDelivery& delivery) {
  return delivery.event.repository_id.value_or(RepositoryId{});
}

void Worker::claim() {
  const Span span("claim");
  if (is_woken_.exchange(false)) must_look_at_new_ = must_look_at_all_ = true;
  auto looked = database_.read([&](store::Reader& db) { look(db); });
  if (looked) return;
  scanned_.reset();
  must_look_at_all_ = true;
  next_look_at_all_ = std::chrono::steady_clock::now() + trouble_wait;
}

void Worker::look(store::Reader& db) {
  const auto begin = std::chrono::steady_clock::now();
  if (begin - last_look_at_all_ >= heal_time) must_look_at_all_ = true;
  if (must_look_at_new_) look_at_new(db);
  const bool looks_at_all = scanned_ || (must_look_at_all_ && begin >= next_look_at_all_);
  if (looks_at_all) look_at_all(db);
  if (now_() >= clock_at_ || now_() < came_due_until_) look_at_clock(db);
  if (must_look_at_probes_ && has_send_ended_) look_at_probes(db);
  if (must_look_at_redeliveries_) look_at_redeliveries(db);
  look_at_lanes(db);
  if (!looks_at_all) return;
  last_look_at_all_ = std::chrono::steady_clock::now();
  next_look_at_all_ = last_look_at_all_ + look_pause * (last_look_at_all_ - begin);
}

/// The next part of the lanes in which something waits.
void Worker::look_at_all(store::Reader& db) {
  const Span span("look at all");
  if (!scanned_) {
    must_look_at_all_ = false;
    must_look_at_redeliveries_ = true;
    clock_at_ = {};
    came_due_until_ = now_();
    if (!newest_) newest_ = store::newest_delivery(db).value_or(DeliveryId{});
    scanned_ = store::DeliveryLane{{}, 0};
  }
  while (scanned_ && lanes_.has_room()) {
    const auto lanes = store::list_lanes(db, *scanned_, page);
    if (lanes.empty()) scanned_.reset();
    for (const store::DeliveryLane& lane : lanes) {
      if (!lanes_.has_room()) return;  // it goes on here when there is room
      scanned_ = lane;
      if (lanes_.add(lane)) continue;
      // The hook's others have to wait for these; the lanes of other hooks must not.
      scanned_->environment = std::numeric_limits<int64_t>::max();
      must_look_at_all_ = true;
      break;
    }
  }
}

/// What was inserted since the last time. On PostgreSQL a smaller id may be committed later: a look
/// at everything follows.
void Worker::look_at_new(store::Reader& db) {
  must_look_at_new_ = false;
  if (!newest_) return;
  const Span span("look at new");
  const auto placed = store::list_deliveries_after(db, *newest_, page);
  for (const auto& [id, lane] : placed) {
    add_lane(lane);
    newest_ = id;
  }
  must_look_at_new_ = placed.size() == page;
}

void Worker::add_lane(const store::DeliveryLane& lane) {
  if (!lanes_.add(lane)) must_look_at_all_ = true;
}

/// What came due by the clock, and probes.
void Worker::look_at_clock(store::Reader& db) {
  const Span span("next due");
  const Timestamp now = now_();
  if (now < came_due_until_) {  // the clock was set back
    came_due_until_ = now;
    must_look_at_all_ = true;
  }
  const auto came_due = store::list_came_due(db, came_due_until_, now, page);
  if (came_due.size() == page) must_look_at_all_ = true;
  for (const store::DeliveryLane& lane : came_due) add_lane(lane);
  came_due_until_ = now;
  look_at_lanes(db);  // what is due by its schedule goes first: probes do not count as attempts
  look_at_probes(db);
  clock_at_ = std::min(store::next_due(db, now).value_or(now + idle_wait), now + idle_wait);
}

void Worker::look_at_probes(store::Reader& db) {
  store::BusySenders busy = busy_senders();
  must_look_at_probes_ = false;
  for (store::DueDelivery& probe : store::list_probes(db, sealer_, now_(), page)) {
    if (claimed_.contains(probe.id)) continue;
    if (may_claim_more() && may_claim(probe, busy)) {
      start_if_readable(std::move(probe));
      busy = busy_senders();
    } else {
      must_look_at_probes_ = true;
    }
  }
}

bool Worker::may_claim_more() const { return claimed_.size() < claims_max && sends_.has_room(); }

/// Looks at lanes until their hooks or repositories have all the sends that they may have.
void Worker::look_at_lanes(store::Reader& db) {
  do {
    for (const RepositoryId repository : lanes_.repositories()) {
      if (repository != several && sends_.may_take(repository)) lanes_.bring_back(repository, 1);
    }
    if (std::exchange(has_send_ended_, false)) lanes_.bring_back(several, Lanes::max);
  } while (look_at_each_hook(db));
}

/// Looks at one lane of each hook. False if there was none.
bool Worker::look_at_each_hook(store::Reader& db) {
  bool has_looked = false;
  for (const HookId hook : lanes_.hooks()) {
    if (!may_claim_more()) return false;
    const auto open = open_sends_.find(hook);
    if (open != open_sends_.end() && open->second.is_full()) continue;
    const store::DeliveryLane lane = lanes_.take(hook);
    lane.has_order() ? look_at_oldest(db, lane) : look_at_unordered(db, lane);
    has_looked = true;
  }
  return has_looked;
}

void Worker::look_at_oldest(store::Reader& db, const store::DeliveryLane& lane) {
  auto oldest = store::find_due_in(db, sealer_, now_(), lane);
  // One that is claimed brings its lane back when it is recorded.
  if (!oldest || claimed_.contains(oldest->id)) return;
  const RepositoryId repository = delivery_repository(*oldest);
  if (!sends_.may_take(repository)) return lanes_.set_aside(lane, repository);
  start_if_readable(*std::move(oldest));
}

/// Where no order is kept, several deliveries of a lane can be sent at once.
void Worker::look_at_unordered(store::Reader& db, const store::DeliveryLane& lane) {
  store::UnorderedQuery query{lane.hook, limits::delivery_hook_concurrency};
  for (const auto& [id, hook] : claimed_) {
    if (hook == lane.hook) query.except.push_back(id);
  }
  query.busy_repositories = busy_senders().repositories;
  bool has_started = false;
  auto due = store::list_unordered(db, sealer_, now_(), query);
  for (store::DueDelivery& delivery : due) {
    if (!may_claim(delivery, busy_senders())) continue;
    query.except.push_back(delivery.id);
    if (!start_if_readable(std::move(delivery))) return;
    has_started = true;
  }
  bool has_more = due.size() == query.limit;
  if (!has_more && !query.busy_repositories.empty()) {
    query.busy_repositories.clear();
    query.limit = 1;
    has_more = !store::list_unordered(db, sealer_, now_(), query).empty();
  }
  if (!has_more) return;
  has_started ? add_lane(lane) : lanes_.set_aside(lane, several);
}

void Worker::look_at_redeliveries(store::Reader& db) {
  bool has_started = true, is_full = true;
  while (has_started && is_full) {  // those of a hook that is busy now may have hidden others
    has_started = false;
    store::BusySenders busy = busy_senders();
    const size_t limit = limits::delivery_concurrency + claimed_.size();
    auto list = store::list_redeliveries(db, sealer_, limit, busy);
    is_full = list.size() == limit;
    must_look_at_redeliveries_ = !list.empty() || !busy.hooks.empty() || !busy.repositories.empty();
    for (store::DueDelivery& delivery : list) {
      if (!may_claim_more()) return;
      if (!may_claim(delivery, busy)) continue;
      has_started |= start_if_readable(std::move(delivery));
      busy = busy_senders();
    }
  }
}

/// False if the hook's secrets cannot be unsealed: nothing is sent.
bool Worker::start_if_readable(store::DueDelivery delivery) {
  if (delivery.hook.has_unreadable_secret || delivery.hook.has_unreadable_credentials) {
    log::error("a webhook's secret does not unseal: was secret.key changed?",
               {{"hook_id", delivery.hook.id.value}});
    return false;
  }
  start(std::move(delivery));
  return true;
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
         std::ranges::count(busy.repositories, delivery_repository(delivery)) == 0;
}

}  // namespace esclusa::hooks
