#pragma once
#include "support/wrapping_database.h"

namespace esclusa::test {

/// A database whose writes are executed, answered, and rolled back: thousands of requests see the
/// same rows, and none of them waits for a disk.
class UndoingDatabase : public WrappingDatabase {
 public:
  explicit UndoingDatabase(store::Database& database) : WrappingDatabase(database) {}
  /// How many transactions would have been committed.
  int kept() const { return kept_; }

 private:
  Result<void> do_read(const ReadWork& work) override {
    return read_real([&](store::Reader& db) { work(db); });
  }
  Result<void> do_write(const WriteWork& work) override {
    bool ran = false;
    auto undone = write_real([&](store::Writer& tx) -> Result<void> {
      if (work(tx)) ++kept_;
      ran = true;
      return fail(ErrorCode::conflict, "undone");
    });
    if (!ran) return undone;
    return {};
  }

  int kept_ = 0;
};

}  // namespace esclusa::test
