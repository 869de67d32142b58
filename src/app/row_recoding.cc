#include "app/row_recoding.h"

#include <algorithm>

#include "base/log.h"
#include "store/attempt_texts.h"

namespace esclusa::app {

using namespace std::chrono_literals;

namespace {

/// A step takes a millisecond or two.
constexpr int64_t bodies_at_once = 16, attempts_at_once = 64;
constexpr std::chrono::milliseconds shortest_wait = 20ms;
constexpr auto log_every = 30s;
/// When there is nothing to write again: ends of bodies are looked at so often.
constexpr std::chrono::milliseconds rest = 10min;
constexpr auto kept_unused = 24h;
constexpr int64_t ends_at_once = 100;

constexpr std::string_view of_bodies = "event_body", of_attempts = "delivery_attempt";

}  // namespace

Result<std::chrono::milliseconds> RowRecoder::step() {
  if (!is_done_) {
    auto left =
        TRY(context_.database.read([](store::Reader& db) { return store::list_recodings(db); }));
    if (!left.empty()) {
      const auto begin = Steady::now();
      TRY(recode(std::move(left.front())));
      const auto took = std::chrono::ceil<std::chrono::milliseconds>(Steady::now() - begin);
      return std::max(shortest_wait, 9 * took);
    }
    is_done_ = true;
    if (has_begun_) {
      log::info("all rows of earlier versions are in the smaller form",
                {{"bodies", bodies_.count()}, {"attempts", attempts_}});
    }
  }
  const Timestamp before = context_.now() - kept_unused;
  const auto removed = TRY(context_.database.write(
      [&](store::Writer& tx) { return store::remove_unused_ends(tx, before, ends_at_once); }));
  return removed == ends_at_once ? 100ms : rest;
}

Result<void> RowRecoder::recode(store::Recoding recoding) {
  has_begun_ = true;
  const Timestamp now = context_.now();
  recoding = TRY(context_.database.write([&](store::Writer& tx) {
    store::Recoding next = recoding;
    std::optional<int64_t> latest;
    if (recoding.table == of_bodies) {
      const auto event =
          bodies_.recode(tx, {recoding.next_after}, {recoding.last}, bodies_at_once, now);
      if (event) latest = event->value;
    } else if (recoding.table == of_attempts) {
      const auto attempt = store::recode_attempts(tx, {recoding.next_after}, {recoding.last},
                                                  attempts_at_once, attempts_);
      if (attempt) latest = attempt->value;
    }
    next.next_after = latest.value_or(recoding.last);
    store::save_recoding(tx, next);
    return next;
  }));
  log_progress(recoding);
  return {};
}

void RowRecoder::log_progress(const store::Recoding& recoding) {
  if (Steady::now() < next_log_) return;
  next_log_ = Steady::now() + log_every;
  log::info(
      "writing rows of an earlier version in the smaller form",
      {{"table", recoding.table}, {"done_up_to", recoding.next_after}, {"of", recoding.last}});
}

}  // namespace esclusa::app
