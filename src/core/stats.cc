#include "core/stats.h"

#include <algorithm>
#include <unordered_map>

namespace esclusa::core {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::weeks;

/// The begin of the week or month of that time, moved by so many of them.
Timestamp begin_of(Timestamp at, StatsUnit unit, int moved) {
  const sys_days day = floor<days>(at);
  if (unit == StatsUnit::week) {
    return day - (std::chrono::weekday(day) - std::chrono::Monday) + weeks(moved);
  }
  const std::chrono::year_month_day date(day);
  return sys_days((date.year() / date.month() + std::chrono::months(moved)) / 1);
}

/// What is known of a deployment on the way through the outcomes.
struct Judged {
  bool is_decided = false;
  bool has_succeeded = false;
  bool has_failed = false;
  std::optional<size_t> span;  ///< in which it was decided; nothing: outside, or it is a rollback
  Timestamp succeeded_at;      ///< of the first success that was seen
};

/// Goes through the outcomes once.
class Judge {
 public:
  explicit Judge(std::span<const StatsSpan> spans) : spans_(spans) {
    judgement_.counts.resize(spans.size());
  }

  void see(const Outcome& outcome) {
    auto [at, is_new] = deployments_.try_emplace(outcome.deployment_id.value);
    Judged& deployment = at->second;
    if (is_new) {
      deployment.is_decided = outcome.was_decided;
      deployment.has_succeeded = outcome.had_succeeded;
    }
    if (outcome.is_success) {
      succeed(outcome, deployment);
    } else {
      fail(outcome, deployment);
    }
  }

  StatsJudgement end() {
    if (const auto span = failed_since_ ? span_of(*failed_since_) : std::nullopt) {
      ++judgement_.counts[*span].unrestored;
    }
    return std::move(judgement_);
  }

 private:
  std::optional<size_t> span_of(Timestamp at) const {
    const auto after =
        std::ranges::upper_bound(spans_, at, {}, [](const StatsSpan& span) { return span.since; });
    if (after == spans_.begin() || at >= std::prev(after)->until) return std::nullopt;
    return static_cast<size_t>(after - spans_.begin()) - 1;
  }

  void decide(const Outcome& outcome, Judged& deployment) {
    if (deployment.is_decided) return;
    deployment.is_decided = true;
    if (outcome.is_rollback) return;
    deployment.span = span_of(outcome.at);
    if (deployment.span) ++judgement_.counts[*deployment.span].decided;
  }

  void mark_failed(Judged& deployment) {
    if (!deployment.has_failed && deployment.span) ++judgement_.counts[*deployment.span].failed;
    deployment.has_failed = true;
  }

  void succeed(const Outcome& outcome, Judged& deployment) {
    decide(outcome, deployment);
    if (live_ && outcome.is_rollback && live_->sha != outcome.sha) roll_back();
    if (failed_since_) restore(*failed_since_, outcome.at);
    failed_since_.reset();
    if (!deployment.has_succeeded) {
      deployment.has_succeeded = true;
      release(outcome);
    }
    deployment.succeeded_at = outcome.at;
    live_ = &outcome;
  }

  /// The live deployment is replaced by a rollback: it was a failure from its success on, unless
  /// one is recorded.
  void roll_back() {
    Judged& replaced = deployments_[live_->deployment_id.value];
    mark_failed(replaced);
    if (!failed_since_ && !live_->is_rollback) failed_since_ = replaced.succeeded_at;
  }

  void restore(Timestamp since, Timestamp at) {
    if (const auto span = span_of(since)) {
      judgement_.counts[*span].restore_times.push_back(floor<seconds>(at - since));
    }
  }

  void release(const Outcome& outcome) {
    const auto span = span_of(outcome.at);
    if (outcome.is_rollback) {
      if (span) ++judgement_.counts[*span].rollbacks;
      return;
    }
    if (span) {
      ++judgement_.counts[*span].releases;
      judgement_.releases.push_back({*span, outcome.at, base_sha_, outcome.sha});
    }
    base_sha_ = outcome.sha;
  }

  void fail(const Outcome& outcome, Judged& deployment) {
    // What was replaced serves no more: that it fails then is nobody's failure.
    const bool is_live = live_ && live_->deployment_id == outcome.deployment_id;
    if (deployment.has_succeeded && !is_live) return;
    decide(outcome, deployment);
    if (outcome.is_rollback) return;
    mark_failed(deployment);
    if (!failed_since_) failed_since_ = outcome.at;
  }

  std::span<const StatsSpan> spans_;
  StatsJudgement judgement_;
  std::unordered_map<int64_t, Judged> deployments_;
  const Outcome* live_ = nullptr;          ///< the latest success
  std::optional<Timestamp> failed_since_;  ///< nothing: all is well
  std::string base_sha_;                   ///< of the latest release
};

}  // namespace

std::vector<StatsSpan> cut(const StatsSpan& range, StatsUnit unit, size_t count) {
  std::vector<StatsSpan> spans;
  for (Timestamp since = range.since; since < range.until && spans.size() < count;) {
    const Timestamp until = std::min(begin_of(since, unit, 1), range.until);
    spans.push_back({since, until});
    since = until;
  }
  return spans;
}

Timestamp default_stats_since(Timestamp until, StatsUnit unit) {
  return begin_of(until - std::chrono::microseconds(1), unit, -11);
}

StatsCounts& StatsCounts::operator+=(const StatsCounts& other) {
  releases += other.releases;
  rollbacks += other.rollbacks;
  decided += other.decided;
  failed += other.failed;
  unrestored += other.unrestored;
  unmeasured += other.unmeasured;
  restore_times.insert(restore_times.end(), other.restore_times.begin(), other.restore_times.end());
  lead_times.insert(lead_times.end(), other.lead_times.begin(), other.lead_times.end());
  return *this;
}

StatsJudgement judge(std::span<const Outcome> outcomes, std::span<const StatsSpan> spans) {
  Judge judge(spans);
  for (const Outcome& outcome : outcomes) judge.see(outcome);
  return judge.end();
}

Quantiles quantiles(std::vector<seconds> values) {
  if (values.empty()) return {};
  std::ranges::sort(values);
  const auto at = [&](size_t percent) { return values[(values.size() * percent + 99) / 100 - 1]; };
  return {at(50), at(90)};
}

}  // namespace esclusa::core
