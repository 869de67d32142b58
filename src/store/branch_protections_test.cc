#include "store/branch_protections.h"

#include <doctest/doctest.h>

#include "support/database_fixture.h"
#include "support/store_rows.h"

using namespace esclusa;
using test::at;
using test::for_each_engine;
using test::found;

TEST_CASE("insert_branch_protection: one row per pattern and repository") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const auto ada = test::add_account(tx, "ada");
      const auto one = test::add_repository(tx, ada, "one").id;
      const auto two = test::add_repository(tx, ada, "two").id;
      const auto release = found(store::insert_branch_protection(tx, one, "release/*", at(1)));
      const auto main = found(store::insert_branch_protection(tx, one, "main", at(2)));
      CHECK_FALSE(store::insert_branch_protection(tx, one, "main", at(3)));
      CHECK(store::insert_branch_protection(tx, one, "Main", at(3)));  // case-sensitive
      CHECK(store::insert_branch_protection(tx, two, "main", at(4)));
      CHECK(store::delete_branch_protection(tx, one, "Main"));
      const auto all = store::list_branch_protections(tx, one);
      REQUIRE(all.size() == 2);
      CHECK(all[0].id == main);
      CHECK(all[0].pattern == "main");
      CHECK(all[0].created_at == at(2));
      CHECK(all[1].id == release);
      CHECK(store::delete_branch_protection(tx, one, "main") == main);
      CHECK_FALSE(store::delete_branch_protection(tx, one, "main"));
      CHECK(store::list_branch_protections(tx, one).size() == 1);
      CHECK(store::list_branch_protections(tx, two).size() == 1);
    });
  });
}

TEST_CASE("ProtectedBranches: by the branch's name without `refs/heads/`") {
  const core::ProtectedBranches branches({{{1}, "main", at(0)}, {{2}, "release/*", at(0)}});
  CHECK(branches.contains("main"));
  CHECK(branches.contains("release/1.0"));
  CHECK_FALSE(branches.contains("release/1/0"));
  CHECK_FALSE(branches.contains("maintenance"));
  CHECK_FALSE(branches.contains("refs/heads/main"));
  CHECK_FALSE(core::ProtectedBranches({}).contains("main"));
}
