#pragma once
#include <ostream>
#include <string>

#include "base/trace.h"

namespace esclusa::test {

/// What a request, or another piece of work, has asked of the database and of git.
struct Cost {
  int64_t snapshots;
  int64_t transactions;
  int64_t statements;
  int64_t git_opens;

  bool operator==(const Cost&) const = default;
};

/// The cost is the same on both engines: the locks that only PostgreSQL needs are left out.
inline Cost cost_of(const Trace& trace) {
  constexpr auto statement = static_cast<size_t>(Trace::Count::statement);
  Cost cost{trace.count_spans("snapshot"), trace.count_spans("transaction"),
            trace.total(Trace::Count::statement), trace.total(Trace::Count::git_open)};
  for (const Trace::Step& step : trace.steps()) {
    if (step.name == "lock") cost.statements -= step.counts[statement];
  }
  return cost;
}

inline std::string text_of(const Cost& cost) {
  return std::to_string(cost.snapshots) + " snapshots, " + std::to_string(cost.transactions) +
         " transactions, " + std::to_string(cost.statements) + " statements, " +
         std::to_string(cost.git_opens) + " git opens";
}

inline std::ostream& operator<<(std::ostream& out, const Cost& cost) {
  return out << text_of(cost);
}

}  // namespace esclusa::test
