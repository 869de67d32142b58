#pragma once
#include <array>
#include <chrono>
#include <optional>
#include <span>
#include <string_view>

#include "base/boot_clock.h"
#include "base/error.h"
#include "base/time.h"
#include "core/enum_names.h"
#include "core/gates.h"

/// What of the database is pruned by age, and what is not: docs/decisions/0037-retention.md.
namespace esclusa::core {

/// What has an age of its own. Each is the setting `retention.NAME`.
enum class RetentionKey {
  event_bodies,
  attempts,
  deliveries,
  dead_letters,
  run_logs,
  idempotency_keys,
  ended,
  deployments,
};
inline constexpr size_t retention_key_count = 8;

template <>
struct enum_names<RetentionKey> {
  static constexpr NameTable<RetentionKey, retention_key_count> values{
      {{RetentionKey::event_bodies, "event_bodies"},
       {RetentionKey::attempts, "attempts"},
       {RetentionKey::deliveries, "deliveries"},
       {RetentionKey::dead_letters, "dead_letters"},
       {RetentionKey::run_logs, "run_logs"},
       {RetentionKey::idempotency_keys, "idempotency_keys"},
       {RetentionKey::ended, "ended"},
       {RetentionKey::deployments, "deployments"}}};
};

/// The age at which rows go; nothing: never.
using RetentionAge = std::optional<std::chrono::seconds>;

struct RetentionRule {
  RetentionKey key;
  RetentionAge age;              ///< unless a setting says otherwise
  std::chrono::seconds minimum;  ///< the least age that a setting may give
  const char* setting;           ///< `retention.event_bodies`
  const char* what;              ///< for people, with the default
};
/// One for each key, in the order of the keys.
std::span<const RetentionRule> retention_rules();
const RetentionRule& retention_rule(RetentionKey key);

struct RetentionSettings {
  RetentionSettings();  ///< the defaults

  std::array<RetentionAge, retention_key_count> ages;
  /// So many of the latest successes of an environment stay, however old they are.
  int64_t keep_successes = 10;
  /// Multiplies the ages, so that a test need not wait for days.
  double scale = 1.0;

  /// With the scale.
  std::optional<std::chrono::microseconds> age_of(RetentionKey key) const;
  bool operator==(const RetentionSettings&) const = default;
};

/// Reads `7d`, `24h` or `never`. `invalid` tells the values that are allowed.
Result<RetentionAge> parse_retention_age(const RetentionRule& rule, std::string_view text);
/// The same the other way round: `7d`, `36h`, `90s` or `never`.
std::string format_retention_age(const RetentionAge& age);

/// What becomes of the rows of a table.
struct TableGrowth {
  std::string_view table;
  std::optional<RetentionKey> key;  ///< by which its rows go
  std::string_view reason;          ///< without a key: why its rows stay
};
/// Every table of the schema.
std::span<const TableGrowth> table_growth();

/// A moment that a `RetentionClock` told.
struct RetentionMoment {
  Timestamp time;
  BootTime boot;
};

/// The time by which rows are pruned: the wall clock, except that it does not follow a jump forward
/// until the jump has lasted for a day of the boot clock. Otherwise a clock that somebody set to
/// the wrong year would prune everything. One thread at a time.
class RetentionClock {
 public:
  /// `last` is what the clock told last, perhaps in another process; nothing: never. After another
  /// start of the machine, a gap of up to a day is believed at once.
  RetentionClock(const std::optional<RetentionMoment>& last, const GateTime& now);

  Timestamp tell(const GateTime& now);
  /// By how much the last time that it told was behind the wall clock.
  std::chrono::microseconds held_back() const { return held_back_; }

 private:
  Timestamp base_;                                             ///< a time that was believed,
  std::chrono::microseconds base_since_boot_;                  ///< and when that was
  std::optional<std::chrono::microseconds> ahead_since_boot_;  ///< since when the wall is ahead
  std::chrono::microseconds held_back_{0};
};

}  // namespace esclusa::core
