#pragma once
#include <functional>

#include "sql/database.h"

namespace esclusa::test {

/// A database whose transactions throw when a test wants it, as they do when a row cannot be read.
/// The functions are set before another thread uses it.
class FaultyDatabase : public sql::Database {
 public:
  explicit FaultyDatabase(sql::Database& real) : real_(real) {}

  std::function<void(sql::Reader&)> before_read = [](sql::Reader&) {};
  /// Within the transaction, before its commit.
  std::function<void(sql::Writer&)> after_write = [](sql::Writer&) {};

 protected:
  Result<void> do_read(const ReadWork& work) override {
    return real_.read([&](sql::Reader& db) {
      before_read(db);
      work(db);
    });
  }
  Result<void> do_write(const WriteWork& work) override {
    bool is_kept = true;
    auto done = real_.write([&](sql::Writer& tx) -> Result<void> {
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
