#pragma once
#include <map>
#include <string>

#include "simulate/operation.h"
#include "sql/connection.h"

namespace esclusa::simulate {

/// The row of a deployment in the database.
struct Row {
  Phase phase = Phase::released;
  std::string sha;
  std::string verdicts;
  std::string repeats;  ///< `rollback 4`; `deploy 0`
};
std::map<int64_t, Row> read_deployments(sql::Reader& db);
/// The state of each claim and why it ended, by fence: `ended expired`, `claimed `.
std::map<int64_t, std::string> read_claims(sql::Reader& db);

/// Reads the rows that were added since the last call.
class Journal {
 public:
  /// Skips the rows that exist already.
  explicit Journal(sql::Reader& db);
  Effects take_news();

 private:
  void add_news(const std::string& table, const std::string& text, Effects& news);

  sql::Reader& db_;
  std::map<std::string, int64_t> last_;  ///< the last id of each table
};

}  // namespace esclusa::simulate
