#pragma once
#include <string>

#include "sql/database.h"
#include "sql/sqlite_connection.h"

namespace esclusa::simulate {

/// The program did what it must not do. No std::exception, since the program itself goes on after
/// those in places, and would hide what was found.
struct Violation {
  std::string text;
};

/// What goes wrong with one access to the database.
struct Fault {
  enum class Kind {
    none,
    refused,    ///< before anything of it has happened
    statement,  ///< the storage fails in the midst, at one of its statements
    unknown,    ///< it happens, but whoever asked is told that nobody knows
  };
  Kind kind = Kind::none;
  int statement = 0;  ///< which one, from 0 on
};

/// What became of an access.
struct Access {
  bool is_write = false;
  bool is_kept = false;  ///< it was a write, and what it did stays
  bool has_failed = false;
};

/// Who watches the database: the simulation.
class Watcher {
 public:
  virtual ~Watcher() = default;
  /// Before each access, which begins when this returns.
  virtual Fault before_access() = 0;
  /// After it, before anybody else does anything.
  virtual void after_access(const Access& access) = 0;
  /// After that, before it is answered.
  virtual void before_answer() = 0;
};

/// One SQLite connection in which every seed begins with the same rows: a transaction is open from
/// its begin to its end, in which each write is a savepoint, as in the real writer's.
class Database final : public sql::Database {
 public:
  explicit Database(const std::string& path)
      : connection_(path, sql::SqliteConnection::Mode::writer) {}

  void begin_seed(Watcher& watcher);
  void end_seed();
  /// For whoever checks: past the watcher.
  sql::Connection& connection() { return connection_; }

 protected:
  Result<void> do_read(const Work& work) override { return run(work, false); }
  Result<void> do_write(const Work& work) override { return run(work, true); }

 private:
  /// Throws Violation if the work throws anything but the failure that the simulation made.
  Result<void> run(const Work& work, bool is_write);
  Access attempt(const Work& work, bool is_write, const Fault& fault);

  sql::SqliteConnection connection_;
  Watcher* watcher_ = nullptr;  ///< none while the rows that all seeds share are made
};

}  // namespace esclusa::simulate
