#include "store/audit_list.h"

#include <doctest/doctest.h>

#include "base/text.h"
#include "store/agent_tokens.h"
#include "store/audit.h"
#include "support/database_fixture.h"
#include "support/plans.h"
#include "support/sqlite_steps.h"
#include "support/store_rows.h"

using namespace esclusa;
using test::at;
using test::for_each_engine;
using test::Sample;

namespace {

/// The ids of a page, newest first, such as `5 3 | 2`: after the bar the id of the next page.
std::string ids_of(const core::AuditPage& page) {
  std::vector<std::string> ids;
  for (const auto& row : page.items) ids.push_back(std::to_string(row.id.value));
  if (page.next) ids.push_back("| " + std::to_string(page.next->value));
  return join(ids, " ");
}

std::string list(sql::Reader& db, const core::AuditQuery& query,
                 std::optional<RepositoryId> repository = {}) {
  const auto page = store::list_audit(db, query, repository);
  return page ? ids_of(*page) : page.error().reason_code;
}

/// All pages of a list.
std::string list_all(sql::Reader& db, core::AuditQuery query) {
  std::vector<std::string> ids;
  for (;;) {
    const auto page = test::must(store::list_audit(db, query));
    for (const auto& row : page.items) ids.push_back(std::to_string(row.id.value));
    if (!page.next) return join(ids, " ");
    query.from = page.next;
  }
}

core::Repository other_repository(sql::Writer& tx, const Sample& sample) {
  return test::add_repository(tx, sample.ada, "other");
}

/// Six rows: of ada, of the local administrator as root, and of the timer.
void add_six(sql::Writer& tx, const Sample& s, const core::Repository& other) {
  const auto ada = test::actor_of(s.ada);
  const auto root = core::Actor::local_administrator("root").in_request("request-2");
  store::insert_audit(tx, root, {"account.create", std::nullopt, 1}, at(1));
  store::insert_audit(tx, ada, {"claim.create", s.repository.id, 7, R"({"fence":3})"}, at(2));
  store::insert_audit(tx, ada, {"claim.release", other.id, 7}, at(3));
  store::insert_audit(tx, core::Actor::timer(), {"claim.expire", s.repository.id, 8}, at(4));
  store::insert_audit(tx, ada, {"claims_of.nobody", s.repository.id, 9}, at(5));
  store::insert_audit(tx, root, {"repository.remove", other.id, 2}, at(6));
}

}  // namespace

TEST_CASE("list_audit: a row has the names of what its ids refer to") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto other = other_repository(tx, s);
      add_six(tx, s, other);
      store::remove_repository(tx, other, at(7));
      const auto rows = test::must(store::list_audit(tx, {})).items;
      REQUIRE(rows.size() == 6);
      CHECK(rows[0].action == "repository.remove");
      CHECK(rows[0].at == at(6));
      CHECK(rows[0].system_user == "root");
      CHECK_FALSE(rows[0].actor);
      CHECK(rows[0].repository.value().name == "ada/other");
      CHECK(rows[0].is_repository_removed);
      CHECK(rows[0].request_id == "request-2");
      CHECK(rows[4].actor.value().id == s.ada.id.value);
      CHECK(rows[4].actor.value().name == "ada");
      CHECK(rows[4].actor_kind == core::AccountKind::user);
      CHECK_FALSE(rows[4].system_user);
      CHECK_FALSE(rows[4].is_repository_removed);
      CHECK(rows[4].target_id == 7);
      CHECK(rows[4].detail == R"({"fence":3})");
      CHECK_FALSE(rows[5].repository);
    });
  });
}

TEST_CASE("list_audit: each filter, and all of them together") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto other = other_repository(tx, s);
      add_six(tx, s, other);
      CHECK(list(tx, {}) == "6 5 4 3 2 1");
      CHECK(list(tx, {.size = 2}) == "6 5 | 4");
      CHECK(list(tx, {.from = core::AuditId{4}, .size = 2}) == "4 3 | 2");
      CHECK(list(tx, {.by = "ADA"}) == "5 3 2");
      CHECK(list(tx, {.by = "system:root"}) == "6 1");
      CHECK(list(tx, {.by = "system:nobody"}).empty());
      CHECK(list(tx, {.by = "agent:1"}).empty());
      CHECK(list(tx, {.by = "nobody"}) == "unknown_account");
      CHECK(list(tx, {.action = "claim.expire"}) == "4");
      CHECK(list(tx, {.action = "claim."}) == "4 3 2");
      CHECK(list(tx, {.action = "claim.", .size = 2}) == "4 3 | 2");
      CHECK(list(tx, {.action = "nothing."}).empty());
      CHECK(list(tx, {.action = "claim%"}) == "invalid_action");
      CHECK(list(tx, {.repository = "Ada/Other"}) == "6 3");
      CHECK(list(tx, {.repository = "ada/none"}) == "unknown_repository");
      CHECK(list(tx, {}, s.repository.id) == "5 4 2");
      CHECK(list(tx, {.target_id = 7}) == "3 2");
      CHECK(list(tx, {.at = {.from = at(3), .until = {}}}) == "6 5 4 3");
      CHECK(list(tx, {.at = {.from = {}, .until = at(3)}}) == "2 1");
      CHECK(list(tx, {.at = {.from = at(2), .until = at(5)}}) == "4 3 2");
      CHECK(list(tx, {.at = {.from = at(7), .until = {}}}).empty());
      CHECK(list(tx, {.at = {.from = {}, .until = at(1)}}).empty());
      CHECK(list(tx, {.at = {.from = at(1), .until = at(6)},
                      .by = "ada",
                      .action = "claim.",
                      .repository = "ada/application",
                      .target_id = 7}) == "2");
      CHECK(list_all(tx, {.action = "claim.", .size = 1}) == "4 3 2");
      store::remove_repository(tx, other, at(7));
      CHECK(list(tx, {.repository = "ada/other"}) == "6 3");  // also of a removed one
    });
  });
}

TEST_CASE("list_audit: an empty log") {
  for_each_engine([](sql::Database& db) {
    test::read(db, [](sql::Reader& rows) {
      CHECK(list(rows, {}).empty());
      CHECK(list(rows, {.at = {.from = at(1), .until = at(2)}}).empty());
      CHECK(list(rows, {.action = "claim."}).empty());
    });
  });
}

TEST_CASE("list_audit: gaps in the ids, and many rows of one time") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const auto actor = core::Actor::timer();
      for (int i = 0; i < 40; ++i) {
        store::insert_audit(tx, actor, {"gate.judge", std::nullopt, i}, at(i / 10));
      }
      tx.execute("delete from audit where id between 5 and 12 or id between 30 and 39");
      CHECK(list(tx, {.at = {.from = at(1), .until = at(2)}}) == "20 19 18 17 16 15 14 13");
      CHECK(list(tx, {.at = {.from = at(3), .until = {}}}) == "40");
      CHECK(list(tx, {.at = {.from = {}, .until = at(1)}}) == "4 3 2 1");
    });
  });
}

namespace {

/// A log of `count` rows of ada in one repository. Each fifth is bob's, each ten-thousandth
/// `token.create`.
struct LongLog {
  explicit LongLog(sql::Database& database, int count) : db(database) {
    test::write(db, [&](sql::Writer& tx) {
      const Sample s(tx);
      const auto bob = test::add_account(tx, "bob");
      tx.execute(
          "with recursive number (n) as (select 1 union all select n + 1 from number where n < $1) "
          "insert into audit (at, action, actor_id, repository_id, target_id, request_id, detail, "
          "system_user) select cast($2 as bigint) + n, case when n % 10000 = 1 then 'token.create' "
          "when n % 2 = 0 "
          "then 'deployment.create' else 'deployment.delete' end, "
          "case when n % 5 = 1 then cast($4 as bigint) else cast($3 as bigint) end, $5, n, '', "
          "'{}', case when n % 5 = 1 then 'root' else null end from number",
          {count, to_micros(at(0)), s.ada.id.value, bob.id.value, s.repository.id.value});
    });
  }
  sql::Database& db;
};

const core::AuditQuery queries[] = {
    {},
    {.by = "ada"},
    {.by = "bob"},
    {.by = "system:root"},
    {.action = "deployment.create"},
    {.action = "token.create"},
    {.action = "deployment."},
    {.repository = "ada/application"},
    {.target_id = 1},
    {.at = {.from = at(10), .until = at(500)}},
    {.by = "ada", .action = "token.create"},
    {.by = "ada", .action = "deployment.", .repository = "ada/application"},
    {.at = {.from = at(10), .until = {}},
     .by = "bob",
     .repository = "ada/application",
     .target_id = 1},
};

}  // namespace

TEST_CASE("list_audit: a page costs the same, however long the log is") {
  const test::SqliteSteps steps;
  test::SqliteStore short_store, long_store;
  LongLog short_log(short_store.database(), 10'000), long_log(long_store.database(), 100'000);
  for (const core::AuditQuery& query : queries) {
    const auto cost = [&](sql::Database& db) {
      return steps.of([&] {
        test::read(db, [&](sql::Reader& rows) { CHECK(store::list_audit(rows, query)); });
      });
    };
    const int64_t before = cost(short_log.db), after = cost(long_log.db);
    CAPTURE(query.by + " " + query.action + " " + query.repository);
    CHECK(after < 50'000);
    // Halving 100,000 ids takes four steps more than halving 10,000, for each end of a range.
    CHECK(after <= before + before / 5 + 1'000);
  }
}

TEST_CASE("list_audit: pages that end early still lead to every row") {
  test::SqliteStore store;
  const LongLog log(store.database(), 20'000);
  test::read(log.db, [](sql::Reader& rows) {
    // No index has both, so that pages without a row stand between those with one.
    CHECK(list_all(rows, {.by = "ada", .target_id = 17}) == "17");
    CHECK(list_all(rows, {.by = "bob", .action = "token.create"}) == "10001 1");
    core::AuditQuery query{.target_id = 17};
    const auto page = test::must(store::list_audit(rows, query));
    CHECK(page.items.empty());
    CHECK(page.next.value().value == 20'000 - store::audit_rows_looked_at);
  });
}

TEST_CASE("list_audit: each filter is followed by its index") {
  for_each_engine([](sql::Database& db) {
    const LongLog log(db, 30);
    const auto searched = [&](const core::AuditQuery& query, const std::string& column) {
      test::Plans plans;
      test::ObservedDatabase observed(db, plans.observer());
      test::read(observed, [&](sql::Reader& rows) { CHECK(store::list_audit(rows, query)); });
      bool found = false;
      std::string all;
      for (const auto& [statement, plan] : plans.all()) {
        if (!statement.contains(" from audit a left join")) continue;
        found = test::Plans::searches_by(plan, column);
        all += statement + "\n" + plan;
        CHECK(test::Plans::scans_of(plan).empty());
        CHECK_FALSE(plan.contains("TEMP B-TREE"));
        CHECK_FALSE(plan.contains("Sort"));
      }
      CAPTURE(all);
      CHECK(found);
    };
    searched({}, "id");
    searched({.by = "ada"}, "actor_id");
    searched({.by = "agent:3"}, "agent_token_id");
    searched({.by = "system:root"}, "system_user");
    searched({.action = "token.create"}, "action");
    searched({.action = "deployment."}, "action");
    searched({.repository = "ada/application"}, "repository_id");
    searched({.by = "bob", .repository = "ada/application"}, "actor_id");
    searched({.at = {.from = at(10), .until = at(20)}}, "id");
  });
}
