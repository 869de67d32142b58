#include "app/change.h"

#include <doctest/doctest.h>

#include "base/check.h"
#include "support/app_fixture.h"
#include "support/captured_log.h"

using namespace esclusa;

namespace {

/// A database whose first transactions conflict with others of another process.
class ConflictingDatabase : public store::Database {
 public:
  sql::Engine engine() const override { return sql::Engine::sqlite; }
  ConflictingDatabase(store::Database& real, int conflict_count)
      : real_(real), conflict_count_(conflict_count) {}

 private:
  Result<void> do_read(const ReadWork& work) override {
    return real_.read([&](store::Reader& db) { work(db); });
  }
  Result<void> do_write(const WriteWork& work) override {
    auto done = real_.write([&](store::Writer& tx) -> Result<void> {
      work(tx);
      if (conflict_count_-- <= 0) return {};
      return fail(ErrorCode::unavailable, "The storage is busy", "transaction_conflict");
    });
    return done;
  }

  store::Database& real_;
  int conflict_count_;
};

struct Fixture : test::AppFixture {
  /// A context whose first transactions conflict.
  app::Context context_on(ConflictingDatabase& database) {
    return {.database = database,
            .sealer = context.sealer,
            .now = context.now,
            .boot_now = context.boot_now,
            .event_urls = context.event_urls,
            .repositories_directory = context.repositories_directory,
            .committed = context.committed,
            .token_use = token_use};
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "change: a conflict with another transaction repeats the work") {
  ConflictingDatabase database(store.database(), 2);
  int run_count = 0;
  const auto made = app::change(context_on(database), administrator, [&](app::Change& change) {
    ++run_count;
    change.audit({"account.create", std::nullopt, 1});
    return Result<int>{run_count};
  });
  CHECK(test::must(made) == 3);
  CHECK(audits("account.create").size() == 2);  // ada's, too
}

TEST_CASE_FIXTURE(Fixture, "change: what conflicts again and again is given up, and undone") {
  ConflictingDatabase database(store.database(), 1000);
  const size_t before = audits().size();
  int run_count = 0;
  const auto made = app::change(context_on(database), administrator, [&](app::Change& change) {
    ++run_count;
    change.audit({"account.create", std::nullopt, 1});
    change.touch_deliveries();
    return Result<void>{};
  });
  CHECK(made.error().reason_code == "transaction_conflict");
  CHECK(run_count == limits::transaction_tries);
  CHECK(audits().size() == before);
  CHECK_FALSE(told.any());
}

TEST_CASE_FIXTURE(Fixture, "change: without an audit row it must say that it needs none") {
  CHECK_THROWS_AS((void)change(administrator, [](app::Change&) { return Result<void>{}; }), Bug);
  CHECK(change(administrator, [](app::Change& change) {
    change.skip_audit();
    return Result<void>{};
  }));
  const auto refused = change(
      administrator, [](app::Change&) -> Result<void> { return fail(ErrorCode::not_found, "no"); });
  CHECK(refused.error().message == "no");
}

TEST_CASE_FIXTURE(Fixture, "change: one time, and whoever must know is told once, after it") {
  Timestamp first{}, second{};
  test::must(change(administrator, [&](app::Change& change) {
    first = change.now;
    now += std::chrono::seconds(1);
    second = change.new_event(std::nullopt, "ping").created_at;
    change.skip_audit();
    change.touch_deliveries();
    CHECK_FALSE(told.any());
    return Result<void>{};
  }));
  CHECK(first == second);
  CHECK(told.deliveries);
  CHECK_FALSE(told.events);
}

TEST_CASE_FIXTURE(Fixture,
                  "change: the log says what was done, once, and only what was committed") {
  const core::Actor actor = administrator.in_request("R1");
  ConflictingDatabase database(store.database(), 1);
  const std::string log = test::captured_log([&] {
    test::must(app::change(context_on(database), actor, [&](app::Change& change) {
      change.audit({"account.create", std::nullopt, 1});
      change.audit({"deployment.create", RepositoryId{7}, 12}, "staging");
      return Result<void>{};
    }));
    (void)change(actor, [&](app::Change& change) -> Result<void> {
      change.audit({"account.delete", std::nullopt, 1});
      return fail(ErrorCode::conflict, "no");
    });
  });
  const std::string level = R"("level":"info","message":)";
  const size_t first = log.find(level + R"("account.create","request_id":"R1","id":"1",)"
                                        R"("repository_id":"","environment":"",)"
                                        R"("actor":"local administrator"})");
  const size_t second = log.find(level + R"("deployment.create","request_id":"R1","id":"12",)"
                                         R"("repository_id":"7","environment":"staging",)"
                                         R"("actor":"local administrator"})");
  CHECK(first < second);
  CHECK(second != log.npos);
  CHECK(std::ranges::count(log, '\n') == 2);
}
