#pragma once
#include <functional>

#include "support/wrapping_database.h"

namespace esclusa::test {

/// A database whose transactions throw when a test wants it, as they do when a row cannot be read.
/// The functions are set before another thread uses it.
class FaultyDatabase : public WrappingDatabase {
 public:
  explicit FaultyDatabase(sql::Database& real) : WrappingDatabase(real) {}

  std::function<void(sql::Reader&)> before_read = [](sql::Reader&) {};
  /// Within the transaction, before its commit.
  std::function<void(sql::Writer&)> after_write = [](sql::Writer&) {};
  std::function<void()> after_commit = [] {};

 protected:
  Result<void> do_read(const ReadWork& work) override {
    return read_real([&](sql::Reader& db) {
      before_read(db);
      work(db);
    });
  }
  Result<void> do_write(const WriteWork& work) override {
    bool is_kept = true;
    auto done = write_real([&](sql::Writer& tx) -> Result<void> {
      is_kept = work(tx);
      if (!is_kept) return fail(ErrorCode::internal, "not kept");
      after_write(tx);
      return {};
    });
    if (done) after_commit();
    return is_kept ? done : Result<void>{};
  }
};

}  // namespace esclusa::test
