#include <doctest/doctest.h>

#include <barrier>
#include <thread>

#include "sql/database.h"
#include "support/database_engines.h"

using namespace esclusa;
using namespace esclusa::sql;
using test::must;

namespace {

constexpr const char* end_backend =
    "select case when pg_terminate_backend($1, 10000) then 1 else 0 end";

int64_t backend(Reader& c) { return c.number("select pg_backend_pid()"); }

}  // namespace

TEST_CASE("PostgreSQL: a lost connection fails its own work, and the next work gets a new one") {
  auto db = must(open_postgres(test::PostgresCluster::instance().new_schema(), 1));
  auto lost = db->read([](Reader& c) {
    c.number("select case when pg_terminate_backend($1) then 1 else 0 end", {backend(c)});
  });
  REQUIRE_FALSE(lost.has_value());
  CHECK(lost.error().reason_code == "storage_failed");
  CHECK(must(db->read([](Reader& c) { return c.number("select 1"); })) == 1);
}

TEST_CASE("PostgreSQL: a connection lost during the commit leaves the outcome unknown") {
  const std::string schema = test::PostgresCluster::instance().new_schema();
  auto db = must(open_postgres(schema, 1));
  auto other = must(open_postgres(schema, 1));
  test::write(*db, [](Writer& tx) { tx.execute("create table thing (id bigint)"); });
  auto lost = db->write([&](Writer& tx) {
    tx.execute("insert into thing values (1)");
    const int64_t pid = backend(tx);
    REQUIRE(must(other->read([&](Reader& c) { return c.number(end_backend, {pid}); })) == 1);
  });
  REQUIRE_FALSE(lost.has_value());
  CHECK(lost.error().code == ErrorCode::unavailable);
  CHECK(lost.error().reason_code == "outcome_unknown");
  CHECK(must(db->read([](Reader& c) { return c.number("select count(*) from thing"); })) == 0);
}

TEST_CASE("PostgreSQL: more callers than connections take turns") {
  auto db = must(open_postgres(test::PostgresCluster::instance().new_schema(), 2));
  test::write(*db, [](Writer& tx) { tx.execute("create table thing (id bigint)"); });
  std::vector<std::jthread> callers;
  for (int i = 0; i < 16; ++i) {
    callers.emplace_back([&, i] {
      test::write(*db, [&](Writer& tx) { tx.execute("insert into thing values ($1)", {i}); });
    });
  }
  callers.clear();
  CHECK(must(db->read([](Reader& c) { return c.number("select count(*) from thing"); })) == 16);
}

TEST_CASE("PostgreSQL: of two transactions that wait for each other, one reports a conflict") {
  auto db = must(open_postgres(test::PostgresCluster::instance().new_schema(), 2));
  must(db->write([](Writer& tx) {
    tx.execute("create table thing (id bigint primary key, amount bigint)");
    tx.execute("insert into thing (id, amount) values (1, 0), (2, 0)");
  }));
  std::barrier both_have_one(2);
  auto update = [&](int first, int second) -> std::string {
    const auto done = db->write([&](Writer& tx) {
      tx.execute("update thing set amount = amount + 1 where id = $1", {first});
      both_have_one.arrive_and_wait();
      tx.execute("update thing set amount = amount + 1 where id = $1", {second});
    });
    return done ? "done" : done.error().reason_code;
  };
  std::string one, other;
  {
    const std::jthread thread([&] { one = update(1, 2); });
    other = update(2, 1);
  }
  CHECK((one == "done" ? other : one) == "transaction_conflict");
  CHECK((one == "done" ? one : other) == "done");
  CHECK(must(db->read([](Reader& c) {
          return c.number("select cast(sum(amount) as bigint) from thing");
        })) == 2);
}

TEST_CASE("PostgreSQL: a connection that cannot be opened takes no place in the pool") {
  const std::string schema = test::PostgresCluster::instance().new_schema();
  auto admin = must(open_postgres(schema, 1));
  auto administer = [&](const char* sql) {
    test::write(*admin, [&](Writer& tx) { tx.execute(sql); });
  };
  administer("create role visitor login");
  auto db = must(open_postgres(schema + " user=visitor", 1));
  const int64_t pid = must(db->read([](Reader& c) { return backend(c); }));
  administer("alter role visitor nologin");
  test::read(*admin, [&](Reader& c) { CHECK(c.number(end_backend, {pid}) == 1); });
  auto ask = [&] { return db->read([](Reader& c) { return c.number("select 1"); }); };
  CHECK_FALSE(ask().has_value());  // the connection is lost
  CHECK_FALSE(ask().has_value());  // no other can be opened
  administer("alter role visitor login");
  CHECK(must(ask()) == 1);
}

TEST_CASE(
    "PostgreSQL: a read that takes too long is ended, and the connection reads on afterwards") {
  const auto db = must(open_postgres(test::PostgresCluster::instance().new_schema(), 1));
  test::read(*db, [](Reader& c) {
    const auto shown = c.one("show statement_timeout", {},
                             [](const Row& row) { return std::string(row.text(0)); });
    CHECK(shown == "10s");
  });
  const auto ended = db->read([](Reader& c) {
    c.each("set local statement_timeout = 1", {}, [](const Row&) {});
    return c.number("select 1 from pg_sleep(60)");
  });
  REQUIRE_FALSE(ended);
  CHECK(ended.error().reason_code == "overloaded");
  CHECK(test::read(*db, [](Reader& c) { return c.number("select 7"); }) == 7);
}

TEST_CASE("PostgreSQL: nobody knows what others write") {
  const auto db = must(open_postgres(test::PostgresCluster::instance().new_schema(), 1));
  test::read(*db, [](Reader& c) { CHECK(c.moment().versions == nullptr); });
}
