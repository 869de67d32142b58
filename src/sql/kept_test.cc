#include "sql/kept.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "support/database_engines.h"

using namespace esclusa;
using namespace esclusa::sql;

namespace {

void create_table(Database& db) {
  test::write(db, [](Writer& tx) {
    tx.execute("create table thing (id integer primary key, amount bigint)");
    tx.execute("insert into thing (id, amount) values (1, 0), (2, 0)");
  });
}

/// The amount of a row, kept; `asked` counts the reads of the row.
int64_t amount_of(Reader& db, int64_t id, int& asked) {
  const auto amount = kept(
      db, "amount " + std::to_string(id),
      [&] {
        ++asked;
        return db.one("select amount from thing where id = $1", {id},
                      [](const Row& row) { return row.integer(0); });
      },
      [&](const int64_t&) { return Sources().row("thing", id); },
      [](const int64_t&) { return sizeof(int64_t); });
  return amount ? *amount : -1;
}

int64_t amount_of(Database& db, int64_t id, int& asked) {
  return test::read(db, [&](Reader& c) { return amount_of(c, id, asked); });
}

void set_amount(Database& db, int64_t id, int64_t amount) {
  test::write(db, [&](Writer& tx) {
    tx.execute("update thing set amount = $2 where id = $1", {id, amount});
  });
}

using Text = std::shared_ptr<const std::string>;

}  // namespace

TEST_CASE("kept: a row is read once, until a commit changes it") {
  test::SqliteFile sqlite;
  Database& db = sqlite.database();
  create_table(db);
  int asked = 0;
  CHECK(amount_of(db, 1, asked) == 0);
  CHECK(amount_of(db, 1, asked) == 0);
  CHECK(asked == 1);
  set_amount(db, 2, 5);
  CHECK(amount_of(db, 1, asked) == 0);
  CHECK(asked == 1);
  set_amount(db, 1, 7);
  CHECK(amount_of(db, 1, asked) == 7);
  CHECK(asked == 2);
}

TEST_CASE("kept: what is absent is not kept") {
  test::SqliteFile sqlite;
  create_table(sqlite.database());
  int asked = 0;
  CHECK(amount_of(sqlite.database(), 3, asked) == -1);
  CHECK(amount_of(sqlite.database(), 3, asked) == -1);
  CHECK(asked == 2);
}

TEST_CASE("kept: what an old snapshot shows is not kept for those after a commit") {
  test::SqliteFile sqlite;
  Database& db = sqlite.database();
  create_table(db);
  int asked = 0;
  test::read(db, [&](Reader& c) {
    c.number("select 1 from thing limit 1");  // the snapshot begins
    set_amount(db, 1, 7);
    CHECK(amount_of(c, 1, asked) == 0);
  });
  CHECK(amount_of(db, 1, asked) == 7);
}

TEST_CASE("kept: a reader finds nothing that was made after its moment") {
  test::SqliteFile sqlite;
  Database& db = sqlite.database();
  create_table(db);
  int asked = 0;
  test::read(db, [&](Reader& c) {
    set_amount(db, 1, 7);
    CHECK(amount_of(db, 1, asked) == 7);
    CHECK(amount_of(c, 1, asked) == 7);
    CHECK(asked == 2);
    CHECK_FALSE(is_of_one_moment(c, Sources().row("thing", 1)));
    CHECK(is_of_one_moment(c, Sources().row("thing", 2)));
  });
}

TEST_CASE("kept: a transaction sees its own changes, and others do not") {
  test::SqliteFile sqlite;
  Database& db = sqlite.database();
  create_table(db);
  int asked = 0;
  CHECK(amount_of(db, 1, asked) == 0);
  CHECK_FALSE(db.write([&](Writer& tx) -> Result<void> {
    tx.execute("update thing set amount = 7 where id = 1");
    CHECK(amount_of(tx, 1, asked) == 7);
    return fail(ErrorCode::conflict, "no");
  }));
  CHECK(amount_of(db, 1, asked) == 0);
}

TEST_CASE("read_kept: gives what is kept, and says when a row would be needed") {
  test::SqliteFile sqlite;
  Database& db = sqlite.database();
  create_table(db);
  int asked = 0;
  const auto try_amount = [&]() -> std::optional<int64_t> {
    int64_t amount = 0;
    const bool was_kept = db.read_kept([&](Reader& c) { amount = amount_of(c, 1, asked); });
    return was_kept ? std::optional(amount) : std::nullopt;
  };
  CHECK_FALSE(try_amount());
  CHECK(amount_of(db, 1, asked) == 0);
  CHECK(try_amount() == 0);
  set_amount(db, 1, 7);
  CHECK_FALSE(try_amount());
}

TEST_CASE("Kept: beyond its size, what was not used goes, and what was used stays") {
  const auto versions = std::make_unique<Versions>();
  Kept all(1000);
  const SnapshotMoment now{versions.get(), &all, versions->now()};
  const auto add = [&](const std::string& key) {
    all.keep(key, versions->now(), Sources(), std::make_shared<const std::string>(key), 99);
  };
  add("a");
  for (int i = 0; i < 40; ++i) {
    add(std::to_string(i % 10));
    if (i % 3 == 0) CHECK(all.find<std::string>("a", now));
  }
  CHECK(all.find<std::string>("a", now));
  int found = 0;
  for (int i = 0; i < 10; ++i) found += all.find<std::string>(std::to_string(i), now) ? 1 : 0;
  CHECK(found > 0);
  CHECK(found < 10);
}

TEST_CASE("kept: many readers and writers find nothing stale, and nothing goes back") {
  test::SqliteFile sqlite;
  Database& db = sqlite.database();
  create_table(db);
  std::atomic<int64_t> acknowledged = 0;
  std::atomic<bool> is_done = false;
  std::atomic<int> stale = 0, backward = 0;
  {
    std::vector<std::jthread> readers;
    for (int r = 0; r < 3; ++r) {
      readers.emplace_back([&] {
        int64_t last = 0;
        int asked = 0;
        while (!is_done) {
          const int64_t least = acknowledged;
          const int64_t seen = amount_of(db, 1, asked);
          if (seen < least) ++stale;
          if (seen < last) ++backward;
          last = seen;
        }
      });
    }
    for (int64_t amount = 1; amount <= 500; ++amount) {
      set_amount(db, 1, amount);
      acknowledged = amount;
    }
    is_done = true;
  }
  CHECK(stale == 0);
  CHECK(backward == 0);
}
