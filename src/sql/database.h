#pragma once
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>

#include "base/error.h"
#include "base/trace.h"
#include "sql/connection.h"

namespace esclusa::sql {

template <class T>
struct is_result : std::false_type {};
template <class T>
struct is_result<Result<T>> : std::true_type {};

/// A migration: its name (`0001_initial`) and its SQL; statements end with `;` at the end of a
/// line.
struct Migration {
  std::string_view name;
  std::string_view text;
};

/// A database of either engine. Any thread.
class Database {
 public:
  virtual ~Database() = default;

  /// Runs `work(Reader&)` on a consistent snapshot, which begins with its first statement. Returns
  /// what `work` returns, or `unavailable`.
  template <class Work>
  auto read(Work work) {
    return run<Reader>(
        "snapshot", [this](const ReadWork& read) { return do_read(read); }, std::move(work));
  }
  /// Runs `work(Reader&)` with what is kept alone. False if it asked for a row; then what it did
  /// until then counts for nothing. Waits for nothing.
  template <class Work>
  bool read_kept(Work work) {
    KeptReader reader(engine(), moment());
    try {
      work(reader);
      return true;
    } catch (const NotKept&) {
      return false;
    }
  }
  /// Runs `work(Writer&)` in a transaction, and returns after the commit. If `work` returns an
  /// error, its changes are rolled back. `unavailable`, `outcome_unknown` if the engine failed
  /// during the commit, so that the commit may or may not have happened.
  template <class Work>
  auto write(Work work) {
    return run<Writer>(
        "transaction", [this](const WriteWork& write) { return do_write(write); }, std::move(work));
  }
  /// As `write`, without waiting for the commit: `done` is called after it, from another thread, or
  /// at once from this one. It gets the outcome, or what `work` has thrown. It must be quick and
  /// not throw. Writes are run in the order of the calls.
  using LaterWork = std::function<Result<void>(Writer&)>;
  using Done = std::function<void(Result<void> outcome, std::exception_ptr thrown)>;
  virtual void write_later(LaterWork work, Done done);
  /// The error with which a write would be refused now, as far as the engine knows without a try:
  /// too many wait, the last one found no space, the storage failed. Waits for nothing.
  virtual Result<void> check_writes() { return {}; }
  virtual Engine engine() const = 0;
  /// The present moment.
  virtual SnapshotMoment moment() const { return {}; }

 protected:
  /// Returns whether to keep the changes. May throw `Failure`.
  using ReadWork = std::function<bool(Reader&)>;
  using WriteWork = std::function<bool(Writer&)>;
  virtual Result<void> do_read(const ReadWork& work) = 0;
  virtual Result<void> do_write(const WriteWork& work) = 0;

 private:
  template <class Rows, class Engine, class Work>
  static auto run(std::string_view name, Engine engine, Work work) {
    using Returned = std::invoke_result_t<Work, Rows&>;
    using Answer = std::conditional_t<is_result<Returned>::value, Returned, Result<Returned>>;
    const Span span(name);
    std::optional<Answer> answer;
    auto done = engine([&, trace = Trace::current()](Rows& rows) {
      const Trace::Under under(trace);  // the engine may run the work on a thread of its own
      if constexpr (std::is_void_v<Returned>) {
        work(rows);
        answer.emplace();
      } else {
        answer.emplace(work(rows));
      }
      return answer->has_value();
    });
    if (!done) return Answer(std::unexpected(done.error()));
    return std::move(*answer);
  }
};

/// Applies the migrations that the table `migration` does not contain, each in a transaction.
Result<void> migrate(Database& database, std::span<const Migration> migrations);

/// Whether what is made from rows may be kept in memory, or each read asks the engine.
enum class Keeping { on, off };

/// Opens or creates the SQLite file. Writes use group commit: one writer thread runs the waiting
/// work, each piece in a savepoint, commits once, and then answers all callers. `on_fatal` is
/// called when the disk failed during a commit; the caller must then end the process. `on_change`
/// is called after each commit (whose checkpoint may have changed the file) and after the file is
/// closed.
Result<std::unique_ptr<Database>> open_sqlite(
    const std::string& path, std::function<void(const std::string&)> on_fatal,
    std::function<void()> on_change = [] {}, Keeping keeping = Keeping::on);

/// Opens PostgreSQL by a libpq connection string; uses at most `connections` connections.
Result<std::unique_ptr<Database>> open_postgres(const std::string& conninfo, size_t connections);

}  // namespace esclusa::sql
