#pragma once
#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/context.h"
#include "base/mutex.h"
#include "core/retention.h"
#include "store/retention.h"

/// Prunes the database by age while the server works: docs/decisions/0037-retention.md.
namespace esclusa::app {

/// How many rows were pruned since the start, by key. Any thread.
struct RetentionCounters {
  std::array<std::atomic<int64_t>, core::retention_key_count> pruned_rows{};
  std::atomic<int64_t> rounds{0};  ///< that have ended
};

/// What is due of a key: counted up to a bound.
struct RetentionDue {
  int64_t rows = 0;
  bool is_more = false;             ///< not all rows were looked at
  std::optional<Timestamp> oldest;  ///< of the rows that were counted
};

struct RetentionKeyReport {
  core::RetentionKey key;
  core::RetentionAge age;
  int64_t pruned_rows = 0;  ///< since the start
  RetentionDue due;
};

struct RetentionReport {
  std::vector<RetentionKeyReport> keys;
  bool is_running = false;
  std::optional<core::RetentionKey> at;  ///< what is pruned now
  int64_t round = 0;                     ///< the number of the latest one to begin, from 1
  int64_t rounds = 0;                    ///< how many have ended
  int64_t round_rows = 0;                ///< that the latest one has pruned
  std::optional<Timestamp> began_at;     ///< the latest one
  std::optional<Timestamp> ended_at;
  std::chrono::microseconds held_back{0};  ///< by how much the clock is not believed
};

/// How far a round is.
struct RetentionRound {
  size_t list = 0;  ///< the next one to walk over
  struct {
    std::optional<store::PrunePage> page;  ///< of that list
    size_t done = 0;                       ///< how many of its ids are done
  } page;
  bool is_whole = false;  ///< from the beginning
  bool is_announced = false;
  bool has_audit_row = false;
  int64_t rows = 0;
  std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point told = began;
};

/// Walks over everything that has an age, in rounds, and deletes in small transactions what is too
/// old. A round begins every minute where the last one ended; once a day, at the start, and when
/// somebody asks for it, at the beginning, because what stayed then may go now.
class Retention {
 public:
  /// Reads nothing yet. `is_backup_running`: while it says so, git keeps the commits of deployments
  /// that are gone, because the backup's copy of the database may still have the deployments.
  Retention(const Context& context, const core::RetentionSettings& settings,
            std::function<bool()> is_backup_running = {});

  /// Does a small piece of work, and says how long to wait before the next: so long that pruning
  /// takes at most a tenth of the time. One thread at a time.
  std::chrono::microseconds step();

  /// Lets a round begin at the beginning, now or after the one that runs. Gives its number: it has
  /// ended when `RetentionReport::rounds` has reached it. Any thread.
  Result<int64_t> ask_for_round(const Context& context, const core::Actor& actor);
  /// `bound`: about how many rows are looked at for each key, from the oldest on. Reads in pieces.
  /// Any thread.
  Result<RetentionReport> report(const Context& context, int64_t bound);
  /// Other ages from now on: a round begins at the beginning. Any thread.
  void use(const core::RetentionSettings& settings);
  /// The age at which rows go now, with the scale; nothing: never. Any thread.
  std::optional<std::chrono::microseconds> age_of(core::RetentionKey key) const {
    return settings().age_of(key);
  }
  const RetentionCounters& counters() const { return counters_; }

 private:
  using Steady = std::chrono::steady_clock;
  void begin_round(bool is_whole);
  void end_round();
  void turn();
  Result<void> walk(store::PruneList list);
  Result<int64_t> prune_some(const store::PruneRule& rule);
  void next_list();
  Result<void> unkeep_commits();
  Result<bool> unkeep(const store::UnkeptCommitRow& row);
  Result<Timestamp> tell();
  /// `now` is the time by which rows are judged.
  std::optional<store::PruneRule> rule_of(store::PruneList list, Timestamp now) const;
  void note_rows(core::RetentionKey key, int64_t rows);
  void tell_progress();

  core::RetentionSettings settings() const;

  const Context& context_;
  const std::function<bool()> is_backup_running_;
  RetentionCounters counters_;

  // The thread that steps.
  std::optional<core::RetentionClock> clock_;
  std::optional<Steady::time_point> clock_saved_;
  std::array<int64_t, store::prune_list_count> places_{};  ///< up to where each list was walked
  std::optional<RetentionRound> round_;
  std::optional<Steady::time_point> last_whole_, last_end_;
  Steady::duration held_{};  ///< how long the last step has held the writer
  store::UnkeptCommitRow unkept_place_;

  mutable Mutex mutex_;
  core::RetentionSettings settings_ GUARDED_BY(mutex_);
  bool is_whole_asked_ GUARDED_BY(mutex_) = true;
  RetentionReport shown_ GUARDED_BY(mutex_);  ///< without the keys
};

}  // namespace esclusa::app
