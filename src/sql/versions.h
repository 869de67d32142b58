#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace esclusa::sql {

/// Says whether rows have changed since a moment, so that what was made from them can be kept in
/// memory (docs/decisions/0031). The engine counts its commits, and notes for each table and row
/// the last commit that changed it. Whoever keeps something notes the moment *before* the snapshot
/// in which it reads the rows. Any thread.
///
/// Many rows share a note: a change of one of them makes the others read again, no more. A `delete`
/// without `where` is not noticed (SQLite tells nobody of its rows).
class Versions {
 public:
  using Slot = uint32_t;
  using Moment = uint64_t;  ///< the number of commits so far

  static constexpr Slot of_table(std::string_view table) { return hash(table) % tables; }
  static constexpr Slot of_row(std::string_view table, int64_t id) {
    return tables + (hash(table) + static_cast<uint32_t>(id)) % rows;
  }

  Moment now() const { return commits_.load(); }
  /// Whether a snapshot that begins now has the same rows as one that began after `moment`. False
  /// while a commit changes them.
  bool is_unchanged(Moment moment, std::span<const Slot> slots) const;

  /// For the engine, from one thread: before a commit that changes these becomes visible, and after
  /// it, before anybody is answered.
  void begin_commit(std::span<const Slot> changed);
  void end_commit();

  static constexpr Slot slot_count = 512 + 65'536;

 private:
  static constexpr Slot tables = 512;  ///< none of the schema's tables share one
  static constexpr Slot rows = slot_count - tables;

  /// FNV-1a.
  static constexpr uint32_t hash(std::string_view text) {
    uint32_t value = 2'166'136'261;
    for (const char c : text) value = (value ^ static_cast<uint8_t>(c)) * 16'777'619;
    return value;
  }

  std::atomic<Moment> commits_ = 0;
  std::array<std::atomic<Moment>, slot_count> last_changes_{};
};

class Kept;

/// When a snapshot began, at the earliest, and where to keep what is made from it; null: nothing
/// may be kept.
struct SnapshotMoment {
  const Versions* versions = nullptr;
  Kept* kept = nullptr;
  Versions::Moment moment = 0;
  /// Gets the tables and rows from which each kept thing was made that is found; null: nobody asks.
  std::vector<Versions::Slot>* found_sources = nullptr;
};

}  // namespace esclusa::sql
