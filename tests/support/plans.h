#pragma once
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "support/observed_database.h"

namespace esclusa::test {

/// The plans of the statements that ran, as the engine makes them for the real parameters. Any
/// thread. PostgreSQL is told that it is expensive to read all of a table or an index, so that it
/// plans for the small tables of a test as it does for large ones.
class Plans {
 public:
  /// What an `ObservedDatabase` calls.
  ObservedDatabase::Observer observer() {
    return [this](sql::Reader& db, std::string_view sql, sql::Reader::Parameters parameters) {
      const std::lock_guard lock(mutex_);
      auto [found, is_new] = plans_.try_emplace(std::string(sql));
      if (is_new) found->second = plan_of(db, sql, parameters);
    };
  }

  /// The plan of each statement, by its text: one line for each step.
  std::map<std::string, std::string> all() const {
    const std::lock_guard lock(mutex_);
    return plans_;
  }

  /// Whether the plan finds rows by that column in an index, instead of reading more of them.
  static bool searches_by(std::string_view plan, const std::string& column) {
    for (std::string_view line : split(plan, '\n')) {
      const bool is_search = line.starts_with("SEARCH ") || line.contains("Index Cond:");
      for (const char* comparison : {"=", ">", "<", " =", " >", " <"}) {
        if (is_search && line.contains(column + comparison)) return true;
      }
    }
    return false;
  }

  /// The steps of a plan that read a whole table or a whole index.
  static std::vector<std::string> scans_of(std::string_view plan) {
    std::vector<std::string> scans;
    std::set<std::string> made;  // results of subqueries, which SQLite reads by their names
    const auto lines = split(plan, '\n');
    for (size_t i = 0; i < lines.size(); ++i) {
      const std::string line(lines[i]);
      for (std::string_view maker : {"CO-ROUTINE ", "MATERIALIZE "}) {
        if (line.starts_with(maker)) made.insert(line.substr(maker.size()));
      }
      const bool whole_on_sqlite = line.starts_with("SCAN ") && !line.contains("CONSTANT ROW") &&
                                   !line.starts_with("SCAN (") && !made.contains(line.substr(5));
      const bool whole_on_postgres = line.contains("Seq Scan on ");
      const bool by_index = line.contains("Index Scan") || line.contains("Index Only Scan");
      if (whole_on_sqlite || whole_on_postgres || (by_index && !has_condition(lines, i + 1))) {
        scans.push_back(line);
      }
    }
    return scans;
  }

 private:
  /// Whether the step of PostgreSQL's plan whose properties begin there limits the index.
  static bool has_condition(const std::vector<std::string_view>& lines, size_t begin) {
    for (size_t i = begin; i < lines.size() && !lines[i].contains("->"); ++i) {
      if (lines[i].contains("Index Cond:")) return true;
    }
    return false;
  }

  static std::string plan_of(sql::Reader& db, std::string_view sql,
                             sql::Reader::Parameters parameters) {
    const Trace::Under none(nullptr);
    const bool is_sqlite = db.engine() == sql::Engine::sqlite;
    const int column = is_sqlite ? 3 : 0;
    const auto ignore = [](const sql::Row&) {};
    std::string plan;
    // Otherwise PostgreSQL reads all of a small table or index although it could search it.
    if (!is_sqlite) {
      db.each("set local enable_seqscan = off", {}, ignore);
      db.each("set local cpu_index_tuple_cost = 1000", {}, ignore);
    }
    db.each((is_sqlite ? "explain query plan " : "explain (costs off) ") + std::string(sql),
            parameters, [&](const sql::Row& row) { plan += std::string(row.text(column)) + "\n"; });
    if (!is_sqlite) {
      db.each("set local enable_seqscan to default", {}, ignore);
      db.each("set local cpu_index_tuple_cost to default", {}, ignore);
    }
    return plan;
  }

  mutable std::mutex mutex_;
  std::map<std::string, std::string> plans_;
};

/// A scan that is known, by a part of the statement, with the reason why it may be.
struct KnownScan {
  std::string_view statement;
  std::string_view reason;
  std::optional<sql::Engine> only_on = {};
};

/// The scans that are not known, and the known ones that are none any more; empty if all is well.
inline std::string unknown_scans(const Plans& plans, sql::Engine engine,
                                 std::span<const KnownScan> known) {
  std::string complaints;
  std::set<const KnownScan*> seen;
  for (const auto& [statement, plan] : plans.all()) {
    // The plan of an insert contains tables that refer to it, for the case that a foreign key is
    // violated.
    if (statement.starts_with("insert into ") && statement.contains(" values (")) continue;
    const auto scans = Plans::scans_of(plan);
    if (scans.empty()) continue;
    bool is_known = false;
    for (const KnownScan& row : known) {
      if (!statement.contains(row.statement) || row.only_on.value_or(engine) != engine) continue;
      is_known = true;
      seen.insert(&row);
    }
    if (!is_known) complaints += join(scans, "; ") + ": " + statement + "\n";
  }
  // PostgreSQL chooses by its statistics: what it scans today it may not scan tomorrow.
  if (engine == sql::Engine::postgres) return complaints;
  for (const KnownScan& row : known) {
    if (row.only_on.value_or(engine) == engine && !seen.contains(&row)) {
      complaints += "this is no scan any more: " + std::string(row.statement) + "\n";
    }
  }
  return complaints;
}

}  // namespace esclusa::test
