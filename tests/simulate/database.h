#pragma once
#include <string>

#include "sql/database.h"
#include "sql/sqlite_connection.h"

namespace esclusa::simulate {

/// The program violated a rule. It is no std::exception, because the program catches those in some
/// places, and would hide the violation.
struct Violation {
  std::string text;
};

/// The failure of one access to the database.
struct Fault {
  enum class Kind {
    none,
    refused,    ///< before any effect
    statement,  ///< the storage fails in the middle, at one of its statements
    unknown,    ///< it takes effect, but the caller is told that the outcome is unknown
  };
  Kind kind = Kind::none;
  int statement = 0;  ///< index of the failing statement
};

/// The result of an access.
struct Access {
  bool is_write = false;
  bool is_kept = false;  ///< it was a write, and its effect is kept
  bool has_failed = false;
};

/// Observes the database: the simulation.
class Watcher {
 public:
  virtual ~Watcher() = default;
  /// Called before each access, which begins when this returns.
  virtual Fault before_access() = 0;
  /// Called after the access, before any other access.
  virtual void after_access(const Access& access) = 0;
  /// Called after that, before the caller gets the result.
  virtual void before_answer() = 0;
};

/// One SQLite connection in which every seed begins with the same rows: a seed is one transaction,
/// which is rolled back, and each write in it is a savepoint, as with the real writer.
class Database final : public sql::Database {
 public:
  explicit Database(const std::string& path)
      : connection_(path, sql::SqliteConnection::Mode::writer) {}

  void begin_seed(Watcher& watcher);
  void end_seed();
  /// For the checks: bypasses the watcher.
  sql::Connection& connection() { return connection_; }

  sql::Engine engine() const override { return sql::Engine::sqlite; }

 protected:
  Result<void> do_read(const ReadWork& work) override { return run(work, false); }
  Result<void> do_write(const WriteWork& work) override { return run(work, true); }

 private:
  using ConnectionWork = std::function<bool(sql::Connection&)>;
  /// Throws Violation if the work throws anything but the simulated failure.
  Result<void> run(const ConnectionWork& work, bool is_write);
  Access attempt(const ConnectionWork& work, bool is_write, const Fault& fault);

  sql::SqliteConnection connection_;
  Watcher* watcher_ = nullptr;  ///< null while the rows that all seeds share are inserted
};

}  // namespace esclusa::simulate
