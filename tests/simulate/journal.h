#pragma once
#include <map>
#include <string>

#include "simulate/operation.h"
#include "sql/connection.h"

namespace esclusa::simulate {

/// A deployment as it stands in the database.
struct Row {
  Phase phase = Phase::released;
  std::string sha;
  std::string verdicts;
};
std::map<int64_t, Row> read_deployments(sql::Connection& db);

/// Reads which rows have come since it was asked last.
class Journal {
 public:
  /// What is there already is no news.
  explicit Journal(sql::Connection& db);
  Effects take_news();

 private:
  void add_news(const std::string& table, const std::string& text, Effects& news);

  sql::Connection& db_;
  std::map<std::string, int64_t> last_;  ///< id of each table
};

}  // namespace esclusa::simulate
