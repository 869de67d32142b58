#include "store/apps.h"

#include <doctest/doctest.h>

#include "support/app_rows.h"
#include "support/database_fixture.h"

using namespace esclusa;
using test::add_account;
using test::add_app;
using test::at;
using test::for_each_engine;
using test::found;

TEST_CASE("insert_app: keeps every field") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const core::Account owner = add_account(tx, "acme", core::AccountKind::organization);
      core::App app;
      app.slug = "Ship-It";
      app.name = "Ship it";
      app.description = "ships";
      app.external_url = "https://ship.example";
      app.owner = owner;
      app.bot = add_account(tx, "Ship-It[bot]", core::AccountKind::bot);
      app.permissions = *core::Permissions::parse("deployments=write,metadata=read");
      app.events = {"deployment", "deployment_status"};
      app.created_at = at(3);
      app.id = found(store::insert_app(tx, app));
      const core::App read = found(store::find_app(tx, app.id));
      CHECK(read.slug == "Ship-It");
      CHECK(read.name == "Ship it");
      CHECK(read.description == "ships");
      CHECK(read.external_url == "https://ship.example");
      CHECK(read.owner.login == "acme");
      CHECK(read.bot.login == "Ship-It[bot]");
      CHECK(read.permissions == app.permissions);
      CHECK(read.events == app.events);
      CHECK(read.created_at == at(3));
      CHECK(read.updated_at == at(3));
      CHECK_FALSE(read.removed_at.has_value());
    });
  });
}

TEST_CASE("find_app: by the slug without regard to case, and by its bot") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const core::Account ada = add_account(tx, "ada");
      const core::App shop = add_app(tx, ada, "Shop");
      const core::App other = add_app(tx, ada, "other");
      CHECK(found(store::find_app(tx, "sHOP")).id == shop.id);
      CHECK_FALSE(store::find_app(tx, "sho").has_value());
      CHECK(store::find_app_of_bot(tx, other.bot.id) == other.id);
      CHECK_FALSE(store::find_app_of_bot(tx, ada.id).has_value());
      core::App twin = shop;
      twin.slug = "SHOP";
      twin.bot = add_account(tx, "twin[bot]", core::AccountKind::bot);
      CHECK_FALSE(store::insert_app(tx, twin).has_value());
    });
  });
}

TEST_CASE("remove_app: hides it from lists and by its slug, with its keys; the slug stays taken") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const core::Account ada = add_account(tx, "ada");
      const core::App shop = add_app(tx, ada, "shop");
      const core::App other = add_app(tx, ada, "Able");
      CHECK(store::list_apps(tx).size() == 2);
      CHECK(store::list_apps(tx).front().slug == "Able");
      for (const core::App& app : {shop, other}) {
        store::insert_app_key(tx, {{}, app.id, "PEM", "f", at(1)});
      }
      store::remove_app(tx, shop.id, at(9));
      CHECK(found(store::find_app(tx, shop.id)).removed_at == at(9));
      CHECK_FALSE(store::find_app(tx, "shop").has_value());
      CHECK(store::list_apps(tx).size() == 1);
      CHECK(store::list_app_keys(tx, shop.id).empty());
      CHECK(store::list_app_keys(tx, other.id).size() == 1);
      core::App again = shop;
      again.bot = add_account(tx, "again[bot]", core::AccountKind::bot);
      CHECK_FALSE(store::insert_app(tx, again).has_value());
    });
  });
}

TEST_CASE("app keys: oldest first; one that was removed is gone, and only of its own app") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const core::Account ada = add_account(tx, "ada");
      const core::App shop = add_app(tx, ada, "shop"), other = add_app(tx, ada, "other");
      const AppKeyId first = store::insert_app_key(tx, {{}, shop.id, "PEM 1", "f1", at(1)});
      const AppKeyId second = store::insert_app_key(tx, {{}, shop.id, "PEM 2", "f2", at(2)});
      const auto keys = store::list_app_keys(tx, shop.id);
      REQUIRE(keys.size() == 2);
      CHECK(keys[0].id == first);
      CHECK(keys[0].public_key == "PEM 1");
      CHECK(keys[0].fingerprint == "f1");
      CHECK(keys[0].created_at == at(1));
      CHECK(keys[1].id == second);
      CHECK_FALSE(store::remove_app_key(tx, other.id, first, at(5)));
      CHECK(store::remove_app_key(tx, shop.id, first, at(5)));
      CHECK_FALSE(store::remove_app_key(tx, shop.id, first, at(5)));
      CHECK(store::list_app_keys(tx, shop.id).size() == 1);
    });
  });
}
