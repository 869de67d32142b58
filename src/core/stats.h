#pragma once
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "core/deployment.h"

/// Delivery figures: how often is deployed, how long a commit takes, how much fails, how soon that
/// is over. What each figure means: docs/practice-figures.md. Pure.
namespace esclusa::core {

enum class StatsUnit { week, month };

template <>
struct enum_names<StatsUnit> {
  static constexpr NameTable<StatsUnit, 2> values{
      {{StatsUnit::week, "week"}, {StatsUnit::month, "month"}}};
};

/// From `since` on, before `until`.
struct StatsSpan {
  Timestamp since, until;
  bool operator==(const StatsSpan&) const = default;
};
/// The range, cut at each Monday or first day of a month, 00:00 UTC: the first and the last part
/// may be shorter. At most `count` parts.
std::vector<StatsSpan> cut(const StatsSpan& range, StatsUnit unit, size_t count);
/// The begin of the week or month that is the twelfth before that time, its own counted.
Timestamp default_stats_since(Timestamp until, StatsUnit unit);

/// A status that decides about a deployment in one environment: `success`, or `failure` or `error`.
struct Outcome {
  DeploymentId deployment_id;
  std::string sha;  ///< of the deployment
  bool is_rollback = false;
  bool is_success = false;
  Timestamp at;
  // Whether the deployment had such a status in this environment before all that are listed.
  bool was_decided = false;
  bool had_succeeded = false;
};

/// The first success of a deployment that is no rollback: what brings commits to the environment.
struct Release {
  size_t span;  ///< in which it is
  Timestamp at;
  std::string base_sha;  ///< of the release before; empty if none is known
  std::string sha;
};

/// What happened in one span.
struct StatsCounts {
  int64_t releases = 0;
  int64_t rollbacks = 0;   ///< that have succeeded first in this span
  int64_t decided = 0;     ///< deployments, without rollbacks, whose first outcome is in this span
  int64_t failed = 0;      ///< of these, whatever became of them later
  int64_t unrestored = 0;  ///< failures that began in this span, and are not over
  int64_t unmeasured = 0;  ///< releases whose commits are not known
  std::vector<std::chrono::seconds> restore_times;  ///< of failures that began in this span
  std::vector<std::chrono::seconds> lead_times;     ///< of commits

  StatsCounts& operator+=(const StatsCounts& other);
};

struct StatsJudgement {
  std::vector<StatsCounts> counts;  ///< for each span; without lead times
  std::vector<Release> releases;    ///< in the order of their times
};
/// Judges the outcomes of one environment and task, in the order of their times. They begin before
/// the spans, with the latest release there, and end after them, with the next success.
StatsJudgement judge(std::span<const Outcome> outcomes, std::span<const StatsSpan> spans);

/// By nearest rank: values that occurred. Nothing of no values.
struct Quantiles {
  std::optional<std::chrono::seconds> median, p90;
  bool operator==(const Quantiles&) const = default;
};
Quantiles quantiles(std::vector<std::chrono::seconds> values);

/// The figures of one span.
struct StatsRow {
  StatsSpan span;
  /// False: nothing was recorded yet, or it is not kept any more. Then nothing is known.
  bool is_known = false;
  /// That are known, in this span; of a total: in its parts.
  std::chrono::microseconds known_time{0};
  StatsCounts counts = {};
};

struct EnvironmentStats {
  EnvironmentName environment;
  StatsRow total;
  std::vector<StatsRow> rows;  ///< in the order of time
};

struct StatsQuery {
  std::string environment = {};  ///< empty: all that are for production
  std::string task = "deploy";
  StatsUnit unit = StatsUnit::week;
  StatsSpan range = {};
  /// What is older may be gone; nothing: everything is kept.
  std::optional<Timestamp> kept_since = {};
};

}  // namespace esclusa::core
