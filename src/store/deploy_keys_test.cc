#include "store/deploy_keys.h"

#include <doctest/doctest.h>

#include "support/database_fixture.h"
#include "support/store_rows.h"

using namespace esclusa;
using test::at;
using test::for_each_engine;
using test::found;
using test::Sample;

namespace {

core::DeployKey new_key(const Sample& s, const std::string& fingerprint) {
  core::DeployKey key;
  key.repository_id = s.repository.id;
  key.title = "CI";
  key.key = {"ssh-ed25519 AAAA", fingerprint};
  key.added_by = s.ada;
  key.created_at = at(1);
  return key;
}

std::optional<DeployKeyId> insert(sql::Writer& tx, const Sample& s,
                                  const std::string& fingerprint) {
  return store::insert_deploy_key(tx, new_key(s, fingerprint), s.actor);
}

}  // namespace

TEST_CASE("insert_deploy_key: keeps every field") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      core::DeployKey given = new_key(s, "SHA256:x");
      given.title = "größer";
      given.read_only = true;
      given.expires_at = at(9);
      const auto id = found(store::insert_deploy_key(tx, given, s.actor));
      const auto read = found(store::find_deploy_key(tx, s.repository.id, id));
      CHECK(read.id == id);
      CHECK(read.repository_id == s.repository.id);
      CHECK(read.title == "größer");
      CHECK(read.key.text == "ssh-ed25519 AAAA");
      CHECK(read.key.fingerprint == "SHA256:x");
      CHECK(read.read_only);
      CHECK(read.added_by.login == "ada");
      CHECK_FALSE(read.added_by.blocked_at);
      CHECK(read.created_at == at(1));
      CHECK(read.expires_at == at(9));
      CHECK_FALSE(read.last_used_at);
      tx.execute("update deploy_key set last_used_at = $1", {to_micros(at(5))});
      CHECK(found(store::find_deploy_key(tx, s.repository.id, id)).last_used_at == at(5));
    });
  });
}

TEST_CASE(
    "insert_deploy_key: a fingerprint is unique on the whole server, until its key is deleted") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample one(tx), two(tx, "other");
      const auto first = found(insert(tx, one, "SHA256:x"));
      CHECK_FALSE(insert(tx, one, "SHA256:x"));
      CHECK_FALSE(insert(tx, two, "SHA256:x"));
      CHECK(insert(tx, two, "SHA256:X"));
      store::delete_deploy_key(tx, first, at(2));
      CHECK(insert(tx, two, "SHA256:x"));
      CHECK_FALSE(insert(tx, one, "SHA256:x"));
      CHECK(tx.number("select count(*) from deploy_key") == 3);
    });
  });
}

TEST_CASE("find_deploy_key: only in its own repository, and not when deleted") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample one(tx), two(tx, "other");
      const auto id = found(insert(tx, one, "SHA256:x"));
      CHECK(store::find_deploy_key(tx, one.repository.id, id));
      CHECK_FALSE(store::find_deploy_key(tx, two.repository.id, id));
      store::delete_deploy_key(tx, id, at(2));
      CHECK_FALSE(store::find_deploy_key(tx, one.repository.id, id));
    });
  });
}

TEST_CASE(
    "list_deploy_keys: oldest first, in pages, without deleted ones and other repositories'") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample one(tx), two(tx, "other");
      std::vector<DeployKeyId> ids;
      for (const char* name : {"a", "b", "c", "d"}) ids.push_back(found(insert(tx, one, name)));
      found(insert(tx, two, "e"));
      store::delete_deploy_key(tx, ids[1], at(2));
      const auto page = store::list_deploy_keys(tx, one.repository.id, {1, 2});
      CHECK(page.total_count == 3);
      REQUIRE(page.items.size() == 2);
      CHECK(page.items[0].id == ids[0]);
      CHECK(page.items[1].id == ids[2]);
      const auto rest = store::list_deploy_keys(tx, one.repository.id, {2, 2});
      REQUIRE(rest.items.size() == 1);
      CHECK(rest.items[0].id == ids[3]);
    });
  });
}

TEST_CASE("find_deploy_key: by its fingerprint or its id, in any repository, until it is deleted") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx), other(tx, "other");
      insert(tx, other, "SHA256:y");
      const auto id = found(insert(tx, s, "SHA256:x"));
      CHECK(found(store::find_deploy_key(tx, "SHA256:x")).id == id);
      CHECK(found(store::find_deploy_key(tx, id)).key.fingerprint == "SHA256:x");
      CHECK_FALSE(store::find_deploy_key(tx, "SHA256:X"));
      CHECK_FALSE(store::find_deploy_key(tx, ""));
      CHECK_FALSE(store::find_deploy_key(tx, DeployKeyId{id.value + 1}));
      store::touch_deploy_key(tx, id, at(7));
      CHECK(found(store::find_deploy_key(tx, id)).last_used_at == at(7));
      CHECK_FALSE(found(store::find_deploy_key(tx, "SHA256:y")).last_used_at);
      store::delete_deploy_key(tx, id, at(8));
      CHECK_FALSE(store::find_deploy_key(tx, "SHA256:x"));
      CHECK_FALSE(store::find_deploy_key(tx, id));
    });
  });
}
