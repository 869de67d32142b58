#include "store/environment_secrets.h"

#include <doctest/doctest.h>

#include "store/environments.h"
#include "store/sealed_texts.h"
#include "support/database_fixture.h"
#include "support/store_rows.h"

using namespace esclusa;
using test::at;
using test::for_each_engine;
using test::found;
using test::Sample;
using test::sealer;

namespace {

core::Environment environment(sql::Writer& tx, const Sample& s, const std::string& name) {
  return store::ensure_environment(tx, s.repository.id, name, at(1));
}

void put(sql::Writer& tx, const core::Environment& where, const std::string& name,
         const std::string& value, int64_t micros = 2, const Sealer& by = sealer()) {
  store::put_environment_secret(tx, by, where, name, Secret(value), at(micros));
}

/// `A=value B=-`, where `-` does not open.
std::string opened(sql::Reader& db, const core::Environment& where, const Sealer& by = sealer()) {
  std::string text;
  for (const auto& secret : store::open_environment_secrets(db, by, where)) {
    text += secret.name + "=" + (secret.value ? secret.value->reveal() : "-") + " ";
  }
  return text;
}

}  // namespace

TEST_CASE("environment secrets: put, list, find, open and delete") {
  for_each_engine([](sql::Database& database) {
    test::write(database, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto production = environment(tx, s, "production"), qa = environment(tx, s, "qa");
      put(tx, production, "B", "two");
      put(tx, production, "A", "one");
      put(tx, qa, "A", "other");
      put(tx, production, "A", "three", 5);
      const auto listing = store::list_environment_secrets(tx, production.id, {1, 1});
      CHECK(listing.total_count == 2);
      REQUIRE(listing.items.size() == 1);
      CHECK(listing.items[0].name == "A");
      CHECK(listing.items[0].created_at == at(2));
      CHECK(listing.items[0].updated_at == at(5));
      CHECK(store::list_environment_secrets(tx, production.id, {2, 1}).items.at(0).name == "B");
      CHECK(found(store::find_environment_secret(tx, production.id, "B")).updated_at == at(2));
      CHECK_FALSE(store::find_environment_secret(tx, production.id, "b"));
      CHECK(opened(tx, production) == "A=three B=two ");
      CHECK(opened(tx, qa) == "A=other ");
      CHECK(store::delete_environment_secret(tx, production.id, "A"));
      CHECK_FALSE(store::delete_environment_secret(tx, production.id, "A"));
      CHECK(opened(tx, production) == "B=two ");
      CHECK(opened(tx, qa) == "A=other ");
    });
  });
}

TEST_CASE("environment secrets: a text that is moved to another row does not open") {
  for_each_engine([](sql::Database& database) {
    test::write(database, [](sql::Writer& tx) {
      const Sample s(tx), other(tx, "other");
      const auto production = environment(tx, s, "production"), qa = environment(tx, s, "qa");
      const auto elsewhere = environment(tx, other, "production");
      put(tx, production, "A", "one");
      put(tx, production, "B", "two");
      put(tx, qa, "A", "three");
      put(tx, elsewhere, "A", "four");
      const auto text = found(tx.one(
          "select sealed from environment_secret where "
          "environment_id = $1 and name = 'A'",
          {production.id.value}, [](const sql::Row& row) { return std::string(row.text(0)); }));
      CHECK_FALSE(text.contains("one"));
      tx.execute("update environment_secret set sealed = $1", {text});
      CHECK(opened(tx, production) == "A=one B=- ");
      CHECK(opened(tx, qa) == "A=- ");
      CHECK(opened(tx, elsewhere) == "A=- ");
    });
  });
}

TEST_CASE("environment variables: insert, rename, list and delete") {
  for_each_engine([](sql::Database& database) {
    test::write(database, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto where = environment(tx, s, "production").id;
      CHECK(store::insert_environment_variable(tx, where, {"B", "2", at(1), at(1)}));
      CHECK(store::insert_environment_variable(tx, where, {"A", "1", at(2), at(2)}));
      CHECK_FALSE(store::insert_environment_variable(tx, where, {"A", "x", at(3), at(3)}));
      CHECK_FALSE(store::update_environment_variable(tx, where, "A", {"B", "x", {}, at(3)}));
      CHECK_FALSE(store::update_environment_variable(tx, where, "X", {"Y", "x", {}, at(3)}));
      CHECK(store::update_environment_variable(tx, where, "A", {"A", "new", {}, at(3)}));
      CHECK(store::update_environment_variable(tx, where, "A", {"C", "moved", {}, at(4)}));
      const auto listing = store::list_environment_variables(tx, where, {1, 30});
      CHECK(listing.total_count == 2);
      REQUIRE(listing.items.size() == 2);
      CHECK(listing.items[0].name == "B");
      CHECK(listing.items[1].name == "C");
      CHECK(listing.items[1].value == "moved");
      CHECK(listing.items[1].created_at == at(2));
      CHECK(listing.items[1].updated_at == at(4));
      CHECK(store::delete_environment_variable(tx, where, "B"));
      CHECK_FALSE(store::delete_environment_variable(tx, where, "B"));
      CHECK(store::count_environment_variables(tx, where) == 1);
    });
  });
}

TEST_CASE("environment keys: a retired pair opens until its time is over, and in its place alone") {
  for_each_engine([](sql::Database& database) {
    test::write(database, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto production = environment(tx, s, "production").id;
      const auto qa = environment(tx, s, "qa").id;
      CHECK_FALSE(store::find_environment_key(tx, production));
      const auto key = store::insert_environment_key(tx, sealer(), production, at(1), at(0));
      CHECK(found(store::find_environment_key(tx, production)).key == key.key);
      const std::string box = found(seal_box(key.key, Secret("plain")));
      const auto opens = [&](EnvironmentId where, int64_t until) {
        const auto stored = store::open_environment_key(tx, sealer(), where, key.id, at(until));
        return stored.keys && open_box(*stored.keys, box)->reveal() == "plain";
      };
      CHECK(opens(production, 100));
      CHECK_FALSE(opens(qa, 0));
      store::retire_environment_keys(tx, at(50), at(0));
      CHECK_FALSE(store::find_environment_key(tx, production));
      CHECK(opens(production, 50));
      CHECK_FALSE(opens(production, 51));
      const auto next = store::insert_environment_key(tx, sealer(), production, at(60), at(50));
      CHECK(next.key != key.key);
      CHECK(opens(production, 50));
      store::retire_environment_keys(tx, at(70), at(51));
      CHECK_FALSE(opens(production, 0));  // it was deleted
      tx.execute("update environment_key set environment_id = $1", {qa.value});
      CHECK_FALSE(store::open_environment_key(tx, sealer(), qa, next.id, at(0)).keys);
    });
  });
}

TEST_CASE("environment secrets: they go with the environment, and with the repository") {
  for_each_engine([](sql::Database& database) {
    test::write(database, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto fill = [&](const std::string& name) {
        const auto where = environment(tx, s, name);
        put(tx, where, "A", "one");
        store::insert_environment_variable(tx, where.id, {"B", "2", at(1), at(1)});
        store::insert_environment_key(tx, sealer(), where.id, at(1), at(0));
        return where;
      };
      const auto count = [&] {
        return tx.number(
            "select (select count(*) from environment_secret) + "
            "(select count(*) from environment_variable) + "
            "(select count(*) from environment_key)");
      };
      const auto production = fill("production");
      fill("qa");
      fill("staging");
      CHECK(count() == 9);
      store::delete_environment(tx, production);
      CHECK(count() == 6);
      store::delete_environment_secrets(tx, s.repository.id);
      CHECK(count() == 0);
    });
  });
}

TEST_CASE("reseal_some: seals all texts again by the new key, a few rows at a time") {
  for_each_engine([](sql::Database& database) {
    test::write(database, [](sql::Writer& tx) {
      const Sample s(tx);
      const Secret first(std::string(Sealer::key_bytes, 'k'));
      const SealingKey second{2, Secret(std::string(Sealer::key_bytes, '2'))};
      Sealer both({{1, first}, second});
      const Sealer next({second});
      auto hook = s.hook(tx);
      hook.secret = Secret("hook's");
      hook.former_secret = core::FormerSecret{Secret("former"), at(1000)};
      hook.credentials = Secret("user:password");
      store::update_hook(tx, sealer(), hook);
      // The form of before: without the id of a key.
      tx.execute("update hook set secret_sealed = substr(secret_sealed, 4)");
      const auto where = environment(tx, s, "production");
      for (const char* name : {"A", "B", "C"}) put(tx, where, name, name);
      put(tx, where, "D", "new", 3, both);
      tx.execute(
          "insert into environment_secret (environment_id, name, sealed, created_at, "
          "updated_at) values ($1, 'E', 'k1:damaged', 1, 1)",
          {where.id.value});
      const auto key = store::insert_environment_key(tx, sealer(), where.id, at(1), at(0));

      store::ResealPosition position;
      store::ResealCount count;
      int turns = 1;
      while (store::reseal_some(tx, both, position, 2, count)) ++turns;
      CHECK(turns > 4);
      CHECK(count.resealed == 3 + 3 + 1);
      CHECK(count.unreadable == 1);
      CHECK(opened(tx, where, next) == "A=A B=B C=C D=new E=- ");
      CHECK(store::open_environment_key(tx, next, where.id, key.id, at(0)).keys);
      const auto read = found(store::find_hook(tx, next, s.repository.id, hook.id));
      CHECK(read.secret.reveal() == "hook's");
      CHECK(found(read.former_secret).secret.reveal() == "former");
      CHECK(read.credentials.reveal() == "user:password");

      count = {};
      position = {};
      while (store::reseal_some(tx, both, position, 100, count)) {
      }
      CHECK(count.resealed == 0);
    });
  });
}
