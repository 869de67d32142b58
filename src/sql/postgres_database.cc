// The PostgreSQL engine of `Database`: a pool of connections; each piece of work is a transaction.

#include <libpq-fe.h>

#include <charconv>

#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mutex.h"
#include "sql/database.h"
#include "sql/statement_text.h"

namespace esclusa::sql {
namespace {

struct Clear {
  void operator()(PGresult* result) const { PQclear(result); }
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
using Answer = std::unique_ptr<PGresult, Clear>;

class PostgresRow final : public Row {
 public:
  PostgresRow(PGresult* result, int row) : result_(result), row_(row) {}
  bool is_null(int column) const override { return PQgetisnull(result_, row_, column) == 1; }
  int64_t integer(int column) const override {
    int64_t value = 0;
    std::string_view digits = text(column);
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
  }
  std::string_view text(int column) const override {
    return {PQgetvalue(result_, row_, column),
            static_cast<size_t>(PQgetlength(result_, row_, column))};
  }

 private:
  PGresult* result_;
  int row_;
};

class PostgresConnection final : public Connection {
 public:
  explicit PostgresConnection(const std::string& conninfo)
      : connection_(PQconnectdb(conninfo.c_str())) {
    if (PQstatus(connection_.get()) != CONNECTION_OK) {
      throw Failure(Failure::Kind::lost, PQerrorMessage(connection_.get()));
    }
  }

  Engine engine() const override { return Engine::postgres; }
  using Connection::each;
  using Connection::execute;
  void each(std::string_view sql, Parameters parameters,
            const std::function<void(const Row&)>& on_row) override {
    Answer answer = run(sql, parameters);
    for (int i = 0; i < PQntuples(answer.get()); ++i) on_row(PostgresRow(answer.get(), i));
  }
  int64_t execute(std::string_view sql, Parameters parameters) override {
    Answer answer = run(sql, parameters);
    std::string_view count = PQcmdTuples(answer.get());
    int64_t changed = 0;
    std::from_chars(count.data(), count.data() + count.size(), changed);
    return changed;
  }
  /// Runs commands that begin or end a transaction, which are no statements of the work.
  void control(const std::string& commands) {
    const Answer answer(PQexec(connection_.get(), commands.c_str()));
    check(answer.get(), commands);
  }
  bool alive() const { return PQstatus(connection_.get()) == CONNECTION_OK; }

 private:
  Answer run(std::string_view sql, Parameters parameters) {
    Trace::count(Trace::Count::statement);
    auto found = statements_.find(sql);
    if (found == statements_.end()) {
      std::string name = "s" + std::to_string(statements_.size());
      Answer prepared(
          PQprepare(connection_.get(), name.c_str(), std::string(sql).c_str(), 0, nullptr));
      check(prepared.get(), sql);
      found = statements_.emplace(std::string(sql), std::move(name)).first;
    }
    std::vector<std::string> texts(parameters.size());
    std::vector<const char*> values(parameters.size(), nullptr);
    for (size_t i = 0; i < parameters.size(); ++i) {
      const auto& value = parameters[i].value();
      if (auto* integer = std::get_if<int64_t>(&value)) {
        texts[i] = std::to_string(*integer);
      } else if (auto* text = std::get_if<std::string_view>(&value)) {
        // libpq would cut the text at the NUL, so it is refused.
        if (text->contains('\0')) throw Failure(Failure::Kind::statement, "a NUL in a text");
        texts[i] = *text;
      } else {
        continue;
      }
      values[i] = texts[i].c_str();
    }
    Answer answer(PQexecPrepared(connection_.get(), found->second.c_str(),
                                 static_cast<int>(values.size()), values.data(), nullptr, nullptr,
                                 0));
    check(answer.get(), sql);
    return answer;
  }

  void check(PGresult* result, std::string_view sql) const {
    auto status = PQresultStatus(result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return;
    throw Failure(kind_of(result), std::string("PostgreSQL: ") + PQerrorMessage(connection_.get()) +
                                       "in: " + std::string(sql));
  }

  Failure::Kind kind_of(PGresult* result) const {
    if (!alive()) return Failure::Kind::lost;
    const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const std::string_view code = state != nullptr ? state : "";
    // serialization_failure, deadlock_detected
    if (code == "40001" || code == "40P01") return Failure::Kind::conflict;
    return code == "57014" ? Failure::Kind::too_slow : Failure::Kind::statement;  // query_canceled
  }

  std::unique_ptr<PGconn, Clear> connection_;
  StatementCache<std::string> statements_;
};

class PostgresDatabase final : public Database {
 public:
  PostgresDatabase(std::string conninfo, size_t connections)
      : conninfo_(std::move(conninfo)), free_(connections) {
    idle_.reserve(connections);  // giving a connection back must not fail
    Lease first(*this);          // a wrong address fails at the start
  }

  Engine engine() const override { return Engine::postgres; }

 protected:
  Result<void> do_read(const ReadWork& work) override {
    constexpr auto most = std::chrono::milliseconds(limits::snapshot_time).count();
    return transaction(
        "begin isolation level repeatable read read only; "
        "set local statement_timeout = " +
            std::to_string(most),
        work);
  }
  Result<void> do_write(const WriteWork& work) override { return transaction("begin", work); }

 private:
  /// Borrows a connection of the pool, which is opened when first needed; a broken one is not
  /// returned.
  struct Lease {
    explicit Lease(PostgresDatabase& owner) : database(owner) {
      Lock lock(database.mutex_);
      database.returned_.wait(lock, [&]() REQUIRES(database.mutex_) { return database.free_ > 0; });
      --database.free_;
      if (!database.idle_.empty()) {
        connection = std::move(database.idle_.back());
        database.idle_.pop_back();
      }
      lock.unlock();
      if (connection) return;
      try {
        connection = std::make_unique<PostgresConnection>(database.conninfo_);
      } catch (...) {
        release();
        throw;
      }
    }
    ~Lease() {
      if (!connection->alive()) connection.reset();
      release();
    }
    void release() {
      Lock lock(database.mutex_);
      ++database.free_;
      if (connection) database.idle_.push_back(std::move(connection));
      database.returned_.notify_one();
    }
    PostgresDatabase& database;
    std::unique_ptr<PostgresConnection> connection;
  };

  template <class Work>
  Result<void> transaction(const std::string& begin, const Work& work) {
    bool committing = false;
    try {
      Lease lease(*this);
      lease.connection->control(begin);
      bool keep = false;
      try {
        keep = work(*lease.connection);
      } catch (...) {
        if (lease.connection->alive()) lease.connection->control("rollback");
        throw;
      }
      committing = keep;
      lease.connection->control(keep ? "commit" : "rollback");
      return {};
    } catch (const Failure& failure) {
      if (failure.kind == Failure::Kind::conflict) {
        return fail(ErrorCode::unavailable, "The storage is busy", "transaction_conflict");
      }
      log::error("storage failed", {{"error", failure.what()}});
      if (failure.kind == Failure::Kind::too_slow) {
        return fail(ErrorCode::unavailable, "Reading the database took too long", "overloaded");
      }
      if (committing && failure.kind == Failure::Kind::lost) {
        return fail(ErrorCode::unavailable, "The storage failed; the outcome is unknown",
                    "outcome_unknown");
      }
      return fail(ErrorCode::unavailable, "The storage failed", "storage_failed");
    }
  }

  const std::string conninfo_;
  Mutex mutex_;
  Condition returned_;
  size_t free_ GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<PostgresConnection>> idle_ GUARDED_BY(mutex_);
};

}  // namespace

Result<std::unique_ptr<Database>> open_postgres(const std::string& conninfo, size_t connections) {
  try {
    return std::make_unique<PostgresDatabase>(conninfo, connections);
  } catch (const Failure& failure) {
    return fail(ErrorCode::unavailable, failure.what(), "storage_failed");
  }
}

}  // namespace esclusa::sql
