#include "store/pushed_refs.h"

#include <doctest/doctest.h>

#include "store/deploy_keys.h"
#include "support/database_fixture.h"
#include "support/store_rows.h"

using namespace esclusa;
using core::GitOutcome;
using test::at;
using test::for_each_engine;
using test::found;
using test::Sample;

namespace {

const std::string a(40, 'a'), b(40, 'b');

DeployKeyId add_key(sql::Writer& tx, const Sample& s) {
  core::DeployKey key;
  key.repository_id = s.repository.id;
  key.key = {"ssh-ed25519 AAAA", "SHA256:x"};
  key.added_by = s.ada;
  return found(store::insert_deploy_key(tx, key, s.actor));
}

core::PushedRef pushed(const Sample& s, DeployKeyId key, const std::string& session,
                       const std::string& ref, Timestamp created_at = at(1)) {
  return {.id = {},
          .session = session,
          .deploy_key_id = key,
          .pusher = {},
          .repository_id = s.repository.id,
          .change = {ref, a, b},
          .request_id = "request-9",
          .created_at = created_at};
}

}  // namespace

TEST_CASE("insert_pushed_ref: keeps every field, and who added the key, even a deleted one") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const DeployKeyId key = add_key(tx, s);
      store::insert_pushed_ref(tx, pushed(s, key, "one", "refs/heads/größer"));
      store::delete_deploy_key(tx, key, at(2));
      const auto open = store::list_open_pushed_refs(tx, "one");
      REQUIRE(open.size() == 1);
      CHECK(open[0].id);
      CHECK(open[0].session == "one");
      CHECK(open[0].deploy_key_id == key);
      CHECK(open[0].pusher.login == "ada");
      CHECK(open[0].repository_id == s.repository.id);
      CHECK(open[0].change == core::RefChange{"refs/heads/größer", a, b});
      CHECK(open[0].request_id == "request-9");
      CHECK(open[0].created_at == at(1));
    });
  });
}

TEST_CASE("list_open_pushed_refs: those of one push or of all, in order, until settled") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const DeployKeyId key = add_key(tx, s);
      for (const char* ref : {"refs/heads/c", "refs/heads/a", "refs/heads/b"}) {
        store::insert_pushed_ref(tx, pushed(s, key, "one", ref));
      }
      store::insert_pushed_ref(tx, pushed(s, key, "two", "refs/heads/a"));
      const auto open = store::list_open_pushed_refs(tx, "one");
      REQUIRE(open.size() == 3);
      CHECK(open[0].change.ref == "refs/heads/c");
      CHECK(open[2].change.ref == "refs/heads/b");
      CHECK(store::list_open_pushed_refs(tx).size() == 4);
      CHECK(store::list_open_pushed_refs(tx, "three").empty());

      CHECK(store::settle_pushed_ref(tx, open[0].id, GitOutcome::moved, at(5)));
      CHECK_FALSE(store::settle_pushed_ref(tx, open[0].id, GitOutcome::abandoned, at(6)));
      CHECK(store::list_open_pushed_refs(tx, "one").size() == 2);
      CHECK(tx.number("select settled_at from pushed_ref where outcome = 'moved'") ==
            to_micros(at(5)));
    });
  });
}

TEST_CASE("has_other_made: another push made the same change since") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const DeployKeyId key = add_key(tx, s);
      store::insert_pushed_ref(tx, pushed(s, key, "one", "refs/heads/a", at(1)));
      store::insert_pushed_ref(tx, pushed(s, key, "two", "refs/heads/a", at(3)));
      store::insert_pushed_ref(tx, pushed(s, key, "three", "refs/heads/b", at(3)));
      const auto one = store::list_open_pushed_refs(tx, "one").at(0);
      CHECK_FALSE(store::has_other_made(tx, one));
      const auto id = store::list_open_pushed_refs(tx, "two").at(0).id;
      store::settle_pushed_ref(tx, id, GitOutcome::moved, at(4));
      CHECK(store::has_other_made(tx, one));
      CHECK_FALSE(store::has_other_made(tx, store::list_open_pushed_refs(tx, "three").at(0)));
      // Stored after that push, it is a different change.
      core::PushedRef later = one;
      later.created_at = at(5);
      CHECK_FALSE(store::has_other_made(tx, later));
    });
  });
}
