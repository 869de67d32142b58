#include "store/installations.h"

#include <doctest/doctest.h>

#include "support/app_rows.h"
#include "support/database_fixture.h"

using namespace esclusa;
using test::add_account;
using test::add_app;
using test::add_grant;
using test::add_installation;
using test::add_repository;
using test::at;
using test::for_each_engine;
using test::found;

namespace {

/// Two accounts, two repositories of the first, and an app.
struct World {
  core::Account ada, bob;
  core::Repository shop, site;
  core::App app;

  explicit World(sql::Writer& tx)
      : ada(add_account(tx, "ada")),
        bob(add_account(tx, "bob")),
        shop(add_repository(tx, ada, "shop")),
        site(add_repository(tx, ada, "site")),
        app(add_app(tx, bob, "deployer")) {}
};

}  // namespace

TEST_CASE("insert_installation: keeps every field, once at each account") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const World world(tx);
      core::Installation given;
      given.app_id = world.app.id;
      given.account = world.ada;
      given.permissions = test::permissions_of("deployments=read");
      given.events = {"deployment"};
      given.created_at = at(4);
      const auto id = found(store::insert_installation(tx, given, {{world.shop.id}}));
      const auto read = found(store::find_installation(tx, id));
      CHECK(read.app_id == world.app.id);
      CHECK(read.account.login == "ada");
      CHECK(read.selection == core::RepositorySelection::selected);
      CHECK(read.permissions == given.permissions);
      CHECK(read.events == given.events);
      CHECK(read.created_at == at(4));
      CHECK(read.updated_at == at(4));
      CHECK_FALSE(read.suspended_at.has_value());
      CHECK_FALSE(store::insert_installation(tx, given, {}).has_value());
      CHECK(found(store::find_installation(tx, world.app.id, world.ada.id)).id == id);
      CHECK_FALSE(store::find_installation(tx, world.app.id, world.bob.id).has_value());
      const auto other = add_installation(tx, world.app, world.bob);
      CHECK(other.selection == core::RepositorySelection::all);
      CHECK(store::list_installations(tx, world.app.id).size() == 2);
      const auto second = store::list_installations(tx, world.app.id, {.number = 2, .size = 1});
      CHECK(second.total_count == 2);
      CHECK(second.items.at(0).id == other.id);
      store::remove_installation(tx, id, at(8));
      CHECK_FALSE(store::find_installation(tx, id).has_value());
      CHECK(store::list_installations(tx, world.app.id).size() == 1);
      CHECK(store::insert_installation(tx, given, {}).has_value());
    });
  });
}

TEST_CASE("set_suspended: is stored with whoever did it, and can be reset") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const World world(tx);
      const auto id = add_installation(tx, world.app, world.ada).id;
      store::set_suspended(tx, id, at(5), world.bob.id, at(5));
      const auto suspended = found(store::find_installation(tx, id));
      CHECK(suspended.suspended_at == at(5));
      CHECK(found(suspended.suspended_by).login == "bob");
      CHECK(suspended.updated_at == at(5));
      store::set_suspended(tx, id, {}, {}, at(6));
      const auto working = found(store::find_installation(tx, id));
      CHECK_FALSE(working.suspended_at.has_value());
      CHECK_FALSE(working.suspended_by.has_value());
    });
  });
}

TEST_CASE("reaches: the repositories of the account, those that were selected, and of the token") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const World world(tx);
      const auto foreign = add_repository(tx, world.bob, "shop");
      const auto all = add_installation(tx, world.app, world.ada);
      CHECK(store::reaches(tx, all, world.shop));
      CHECK(store::reaches(tx, all, world.site));
      CHECK_FALSE(store::reaches(tx, all, foreign));
      auto removed = world.shop;
      removed.removed_at = at(3);
      CHECK_FALSE(store::reaches(tx, all, removed));

      store::update_installation(tx, all, {{world.shop.id}});
      const auto some = found(store::find_installation(tx, all.id));
      CHECK(store::reaches(tx, some, world.shop));
      CHECK_FALSE(store::reaches(tx, some, world.site));

      const auto every = add_grant(tx, some, "d1");
      CHECK(store::reaches(tx, every, world.shop));
      CHECK_FALSE(store::reaches(tx, every, world.site));
      const auto one = add_grant(tx, all, "d2", {{world.site.id}});
      CHECK(one.token.repositories == std::vector{world.site.id});
      CHECK_FALSE(store::reaches(tx, one, world.shop));
      CHECK_FALSE(store::reaches(tx, one, world.site));  // the installation has lost it
    });
  });
}

TEST_CASE("find_grant: by the digest, with the app, the installation and its bot") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const World world(tx);
      const auto installation = add_installation(tx, world.app, world.ada);
      const auto id = add_grant(tx, installation, "digest").token.id;
      const auto grant = found(store::find_grant(tx, "digest"));
      CHECK(grant.token.id == id);
      CHECK(grant.token.permissions == installation.permissions);
      CHECK(grant.token.expires_at == at(0) + std::chrono::hours(1));
      CHECK_FALSE(grant.token.repositories.has_value());
      CHECK(grant.installation.id == installation.id);
      CHECK(grant.app.bot.login == "deployer[bot]");
      CHECK(core::is_usable(grant, at(1)));
      CHECK_FALSE(store::find_grant(tx, "other").has_value());
      store::revoke_installation_token(tx, id, at(7));
      CHECK(found(store::find_grant(tx, id)).token.revoked_at == at(7));
    });
  });
}

TEST_CASE("delete_expired_tokens: those of the installation that expired before, no others") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const World world(tx);
      const auto here = add_installation(tx, world.app, world.ada);
      const auto there = add_installation(tx, world.app, world.bob);
      add_grant(tx, here, "here", {{world.shop.id}});
      add_grant(tx, there, "there");
      const Timestamp end = at(0) + std::chrono::hours(1);
      store::delete_expired_tokens(tx, here.id, end);
      CHECK(store::find_grant(tx, "here").has_value());
      store::delete_expired_tokens(tx, here.id, end + std::chrono::microseconds(1));
      CHECK_FALSE(store::find_grant(tx, "here").has_value());
      CHECK(store::find_grant(tx, "there").has_value());
    });
  });
}

TEST_CASE("a kept grant: each change of what it was made of is seen at once") {
  for_each_engine([](sql::Database& db) {
    const World world = test::write(db, [](sql::Writer& tx) { return World(tx); });
    const auto installation = test::write(
        db, [&](sql::Writer& tx) { return add_installation(tx, world.app, world.ada); });
    const auto token = test::write(
        db, [&](sql::Writer& tx) { return add_grant(tx, installation, "digest").token.id; });
    const auto find = [&] {
      return db
          .read([&](sql::Reader& reader) -> Result<std::optional<core::InstallationGrant>> {
            return store::kept_row(
                reader, "grant", [&] { return store::find_grant(reader, "digest"); },
                [](const core::InstallationGrant& grant) { return store::sources_of(grant); });
          })
          .value();
    };
    const auto is_usable = [&] {
      const auto grant = find();
      return grant && core::is_usable(*grant, at(9));
    };
    const auto change = [&](auto work) {
      CHECK(is_usable());
      test::write(db, [&](sql::Writer& tx) { work(tx); });
    };
    change([&](sql::Writer& tx) {
      store::set_suspended(tx, installation.id, at(5), world.bob.id, at(5));
    });
    CHECK_FALSE(is_usable());
    test::write(db,
                [&](sql::Writer& tx) { store::set_suspended(tx, installation.id, {}, {}, at(6)); });
    change([&](sql::Writer& tx) { store::set_blocked(tx, world.app.bot.id, at(5)); });
    CHECK_FALSE(is_usable());
    test::write(db, [&](sql::Writer& tx) { store::set_blocked(tx, world.app.bot.id, {}); });
    change([&](sql::Writer& tx) {
      auto fewer = installation;
      fewer.permissions = test::permissions_of("metadata=read");
      store::update_installation(tx, fewer, {{world.shop.id}});
    });
    const auto fewer = found(find());
    CHECK_FALSE(core::allows(fewer, core::reads(core::Permission::deployments)));
    const auto reaches = [&](const core::Repository& repository) {
      return db
          .read([&](sql::Reader& reader) -> Result<bool> {
            return store::reaches(reader, fewer, repository);
          })
          .value();
    };
    CHECK(reaches(world.shop));
    CHECK_FALSE(reaches(world.site));
    test::write(db, [&](sql::Writer& tx) {
      store::update_installation(tx, fewer.installation, {{world.site.id}});
    });
    CHECK_FALSE(reaches(world.shop));
    CHECK(reaches(world.site));
    change([&](sql::Writer& tx) { store::revoke_installation_token(tx, token, at(8)); });
    CHECK_FALSE(is_usable());
  });
}

TEST_CASE("a kept grant: it ends with the installation, and with the app") {
  for_each_engine([](sql::Database& db) {
    const auto grant = test::write(db, [](sql::Writer& tx) {
      const World world(tx);
      return add_grant(tx, add_installation(tx, world.app, world.ada), "digest");
    });
    const auto find = [&] {
      return db
          .read([&](sql::Reader& reader) -> Result<std::optional<core::InstallationGrant>> {
            return store::kept_row(
                reader, "grant", [&] { return store::find_grant(reader, "digest"); },
                [](const core::InstallationGrant& kept) { return store::sources_of(kept); });
          })
          .value();
    };
    CHECK(find().has_value());
    SUBCASE("the installation") {
      test::write(db, [&](sql::Writer& tx) {
        store::remove_installation(tx, grant.installation.id, at(5));
      });
    }
    SUBCASE("the app") {
      test::write(db, [&](sql::Writer& tx) { store::remove_app(tx, grant.app.id, at(5)); });
    }
    CHECK_FALSE(find().has_value());
  });
}
