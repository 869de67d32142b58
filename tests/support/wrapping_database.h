#pragma once
#include "sql/database.h"

namespace esclusa::test {

/// A database in front of a real one. A trace shows the two as one.
class WrappingDatabase : public sql::Database {
 public:
  sql::Engine engine() const override { return real_.engine(); }

 protected:
  explicit WrappingDatabase(sql::Database& real) : real_(real) {}

  template <class Work>
  auto read_real(Work work) {
    Trace* const trace = Trace::current();
    const Trace::Under none(nullptr);
    return real_.read([&](sql::Reader& db) {
      const Trace::Under under(trace);
      return work(db);
    });
  }
  template <class Work>
  auto write_real(Work work) {
    Trace* const trace = Trace::current();
    const Trace::Under none(nullptr);
    return real_.write([&](sql::Writer& tx) {
      const Trace::Under under(trace);
      return work(tx);
    });
  }

 private:
  sql::Database& real_;
};

}  // namespace esclusa::test
