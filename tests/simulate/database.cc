#include "simulate/database.h"

namespace esclusa::simulate {
namespace {

/// A connection whose storage fails at one chosen statement.
class FailingConnection final : public sql::Connection {
 public:
  FailingConnection(sql::Connection& real, const Fault& fault) : real_(real) {
    if (fault.kind == Fault::Kind::statement) left_ = fault.statement;
  }

  sql::Engine engine() const override { return real_.engine(); }
  void each(std::string_view sql, Parameters parameters,
            const std::function<void(const sql::Row&)>& on_row) override {
    count();
    real_.each(sql, parameters, on_row);
  }
  int64_t execute(std::string_view sql, Parameters parameters) override {
    count();
    return real_.execute(sql, parameters);
  }
  bool has_failed() const { return has_failed_; }

 private:
  void count() {
    if (left_-- != 0) return;
    has_failed_ = true;
    throw sql::Failure(sql::Failure::Kind::statement, "the simulated storage failed");
  }

  sql::Connection& real_;
  int left_ = -1;
  bool has_failed_ = false;
};

Violation bug(const std::exception& error) {
  return {"the program found a bug in itself: " + std::string(error.what())};
}

}  // namespace

void Database::begin_seed(Watcher& watcher) {
  connection_.execute("begin");
  watcher_ = &watcher;
}

void Database::end_seed() {
  watcher_ = nullptr;
  connection_.execute("rollback");
}

Access Database::attempt(const ConnectionWork& work, bool is_write, const Fault& fault) {
  if (fault.kind == Fault::Kind::refused) return {is_write, false, true};
  FailingConnection connection(connection_, fault);
  Access access{is_write, false, false};
  connection_.execute("savepoint job");
  try {
    access.is_kept = work(connection) && is_write;
  } catch (const sql::Failure& failure) {
    access.has_failed = true;
    if (!connection.has_failed()) throw bug(failure);
  } catch (const std::exception& error) {
    throw bug(error);
  }
  if (!access.is_kept) connection_.execute("rollback to job");
  connection_.execute("release job");
  return access;
}

Result<void> Database::run(const ConnectionWork& work, bool is_write) {
  const Fault fault = watcher_ != nullptr ? watcher_->before_access() : Fault{};
  const Access access = attempt(work, is_write, fault);
  if (watcher_ != nullptr) {
    watcher_->after_access(access);
    watcher_->before_answer();
  }
  if (access.has_failed) {
    return fail(ErrorCode::unavailable, "The storage failed", "storage_failed");
  }
  if (fault.kind == Fault::Kind::unknown && access.is_kept) {
    return fail(ErrorCode::unavailable, "The storage failed; the outcome is unknown",
                "outcome_unknown");
  }
  return {};
}

}  // namespace esclusa::simulate
