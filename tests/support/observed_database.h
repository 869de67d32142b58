#pragma once
#include <functional>

#include "support/wrapping_database.h"

namespace esclusa::test {

/// A database that shows each statement to a test before it runs, on the thread and in the
/// transaction that runs it.
class ObservedDatabase : public WrappingDatabase {
 public:
  using Observer = std::function<void(sql::Reader&, std::string_view, sql::Reader::Parameters)>;

  ObservedDatabase(sql::Database& real, Observer observe)
      : WrappingDatabase(real), observe_(std::move(observe)) {}

 protected:
  Result<void> do_read(const ReadWork& work) override {
    return read_real([&](sql::Reader& db) {
      ObservedReader observed(db, observe_);
      work(observed);
    });
  }
  Result<void> do_write(const WriteWork& work) override {
    bool is_kept = true;
    auto done = write_real([&](sql::Writer& tx) -> Result<void> {
      ObservedWriter observed(tx, observe_);
      is_kept = work(observed);
      if (!is_kept) return fail(ErrorCode::internal, "not kept");
      return {};
    });
    return is_kept ? done : Result<void>{};
  }

 private:
  template <class Rows>
  class Observed : public Rows {
   public:
    using Parameters = sql::Reader::Parameters;
    using Rows::each;
    Observed(Rows& rows, const Observer& observe) : rows_(rows), observe_(observe) {}
    sql::Engine engine() const override { return rows_.engine(); }
    void each(std::string_view sql, Parameters parameters,
              const std::function<void(const sql::Row&)>& on_row) override {
      observe_(rows_, sql, parameters);
      rows_.each(sql, parameters, on_row);
    }

   protected:
    ~Observed() = default;
    Rows& rows_;
    const Observer& observe_;
  };

  struct ObservedReader final : Observed<sql::Reader> {
    using Observed::Observed;
  };
  struct ObservedWriter final : Observed<sql::Writer> {
    using Observed::Observed;
    using sql::Writer::execute;
    int64_t execute(std::string_view sql, Parameters parameters) override {
      this->observe_(this->rows_, sql, parameters);
      return this->rows_.execute(sql, parameters);
    }
  };

  const Observer observe_;
};

}  // namespace esclusa::test
