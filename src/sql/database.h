#pragma once
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>

#include "base/error.h"
#include "sql/connection.h"

namespace esclusa::sql {

template <class T>
struct is_result : std::false_type {};
template <class T>
struct is_result<Result<T>> : std::true_type {};

/// A migration: its name (`0001_initial`) and its SQL, statements separated by `;` at line ends.
struct Migration {
  std::string_view name;
  std::string_view text;
};

/// A database of either engine. Any thread.
class Database {
 public:
  virtual ~Database() = default;

  /// Runs `work(Connection&)` on a consistent snapshot. What it returns, or `unavailable`.
  template <class Work>
  auto read(Work work) {
    return run(&Database::do_read, std::move(work));
  }
  /// Runs `work(Connection&)` in a transaction, and returns after the commit. If `work` returns
  /// an error, nothing of it stays. `unavailable`, `outcome_unknown` when the engine failed at a
  /// moment at which the commit may or may not have happened.
  template <class Work>
  auto write(Work work) {
    return run(&Database::do_write, std::move(work));
  }

 protected:
  /// Whether `work` wants its changes kept. It may throw `Failure`.
  using Work = std::function<bool(Connection&)>;
  virtual Result<void> do_read(const Work& work) = 0;
  virtual Result<void> do_write(const Work& work) = 0;

 private:
  template <class Work>
  auto run(Result<void> (Database::*engine)(const Database::Work&), Work work) {
    using Returned = std::invoke_result_t<Work, Connection&>;
    using Answer = std::conditional_t<is_result<Returned>::value, Returned, Result<Returned>>;
    std::optional<Answer> answer;
    auto done = (this->*engine)([&](Connection& connection) {
      if constexpr (std::is_void_v<Returned>) {
        work(connection);
        answer.emplace();
      } else {
        answer.emplace(work(connection));
      }
      return answer->has_value();
    });
    if (!done) return Answer(std::unexpected(done.error()));
    return std::move(*answer);
  }
};

/// Applies the migrations that the table `migration` does not list yet, each in a transaction.
Result<void> migrate(Database& database, std::span<const Migration> migrations);

/// Opens (or creates) the SQLite file. Group commit: one writer thread runs the waiting work,
/// each in a savepoint, commits once, and then answers them all. `on_fatal` is called when the
/// disk failed under a commit: the caller must end the process. `on_change` is called after each
/// commit, which may have changed the file (a checkpoint), and once more after the file is closed.
Result<std::unique_ptr<Database>> open_sqlite(
    const std::string& path, std::function<void(const std::string&)> on_fatal,
    std::function<void()> on_change = [] {});

/// Opens PostgreSQL by a libpq connection string, with up to `connections` connections.
Result<std::unique_ptr<Database>> open_postgres(const std::string& conninfo, size_t connections);

}  // namespace esclusa::sql
