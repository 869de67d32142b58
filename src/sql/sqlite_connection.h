#pragma once
#include <sqlite3.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sql/connection.h"
#include "sql/statement_text.h"

namespace esclusa::sql {

/// One SQLite connection with its prepared statements.
class SqliteConnection final : public Connection {
 public:
  /// An `inspector` changes nothing on the disk, except the WAL index (`-shm`) if another process
  /// has the file open.
  enum class Mode { writer, reader, inspector };
  SqliteConnection(const std::string& path, Mode mode);
  SqliteConnection(const SqliteConnection&) = delete;  // SQLite knows its address

  Engine engine() const override { return Engine::sqlite; }
  using Connection::each;
  using Connection::execute;
  using Connection::insert;
  void each(std::string_view sql, Parameters parameters,
            const std::function<void(const Row&)>& on_row) override;
  int64_t execute(std::string_view sql, Parameters parameters) override;
  /// Without `returning`, for which SQLite makes a table each time.
  int64_t insert(std::string_view sql, Parameters parameters) override;

  /// Calls `on_row_change(table, row id)` for each row that a statement inserts, updates or
  /// deletes.
  void watch_rows(std::function<void(std::string_view, int64_t)> on_row_change);

  /// From now on statements may take that long, all together; then they fail (`too_slow`). For
  /// connections that read.
  void limit_time(std::chrono::milliseconds time);

  /// False while a transaction is open. SQLite ends a transaction by itself after some errors.
  bool in_transaction() const { return sqlite3_get_autocommit(database_.get()) == 0; }

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close(database); }
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  struct Statement {
    std::unique_ptr<sqlite3_stmt, Finalize> handle;
    std::vector<int> indexes;  ///< SQLite's index of `$1`, `$2`, …; 0: not used
  };

  void open(const std::string& path, Mode mode);
  /// Locks the file for this connection only. False if another process has it open.
  bool take_alone();
  const Statement& prepare(std::string_view sql);
  /// Prepares it, if that was not done yet, and binds the parameters.
  sqlite3_stmt* bind(std::string_view sql, Parameters parameters);
  [[noreturn]] void fail(std::string_view sql, int code) const;

  std::unique_ptr<sqlite3, Close> database_;
  StatementCache<Statement> statements_;
  std::function<void(std::string_view, int64_t)> on_row_change_;
  std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();
};

}  // namespace esclusa::sql
