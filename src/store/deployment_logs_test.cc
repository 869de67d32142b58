#include "store/deployment_logs.h"

#include <doctest/doctest.h>

#include "support/database_fixture.h"
#include "support/store_rows.h"

using namespace esclusa;
using test::at;
using test::for_each_engine;
using test::Sample;

TEST_CASE("a deployment's log: parts are read as one text, in any range") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto id = s.deployment(tx, "staging").id;
      CHECK_FALSE(store::find_log(tx, id));
      CHECK(store::read_log(tx, id, 0, 9).empty());
      CHECK(store::append_log(tx, id, {}, "ein ä\n", at(0)));
      CHECK(store::append_log(tx, id, {.size = 7, .part_count = 1}, "two", at(1)));
      const auto log = test::found(store::find_log(tx, id));
      CHECK(log.size == 10);
      CHECK(log.part_count == 2);
      const std::string whole = "ein ä\ntwo";
      for (int64_t begin = 0; begin <= 11; ++begin) {
        for (int64_t end = begin; end <= 12; ++end) {
          const auto from = static_cast<size_t>(std::min<int64_t>(begin, 10));
          CHECK(store::read_log(tx, id, begin, end) ==
                whole.substr(from, static_cast<size_t>(end - begin)));
        }
      }
    });
  });
}

TEST_CASE("append_log: false, without a change, when the log is longer than was known") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto id = s.deployment(tx, "staging").id;
      CHECK(store::append_log(tx, id, {}, "one", at(0)));
      CHECK_FALSE(store::append_log(tx, id, {}, "uno", at(0)));
      CHECK(store::read_log(tx, id, 0, 9) == "one");
    });
  });
}

TEST_CASE("delete_deployment: deletes its log too, and no other") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto gone = s.deployment(tx, "staging").id, stays = s.deployment(tx, "staging").id;
      for (auto id : {gone, stays}) CHECK(store::append_log(tx, id, {}, "one", at(0)));
      store::delete_deployment(tx, gone);
      CHECK_FALSE(store::find_log(tx, gone));
      CHECK(store::find_log(tx, stays));
      CHECK(tx.number("select count(*) from deployment_log_part") == 1);
    });
  });
}
