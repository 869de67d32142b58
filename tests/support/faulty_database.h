#pragma once
#include <functional>

#include "sql/database.h"

namespace esclusa::test {

/// A database whose transactions throw when a test wants it, as they do when a row cannot be read.
/// The functions are set before another thread uses it.
class FaultyDatabase : public sql::Database {
 public:
  using Fault = std::function<void(sql::Connection&)>;

  explicit FaultyDatabase(sql::Database& real) : real_(real) {}

  Fault before_read = [](sql::Connection&) {};
  Fault after_write = [](sql::Connection&) {};  ///< within the transaction, before its commit

 protected:
  Result<void> do_read(const Work& work) override {
    return real_.read([&](sql::Connection& db) {
      before_read(db);
      work(db);
    });
  }
  Result<void> do_write(const Work& work) override {
    bool is_kept = true;
    auto done = real_.write([&](sql::Connection& tx) -> Result<void> {
      is_kept = work(tx);
      if (!is_kept) return fail(ErrorCode::internal, "not kept");
      after_write(tx);
      return {};
    });
    return is_kept ? done : Result<void>{};
  }

 private:
  sql::Database& real_;
};

}  // namespace esclusa::test
