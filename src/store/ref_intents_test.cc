#include "store/ref_intents.h"

#include <doctest/doctest.h>

#include "store/deploy_keys.h"
#include "support/database_fixture.h"
#include "support/store_rows.h"

using namespace esclusa;
using core::RefOutcome;
using test::at;
using test::for_each_engine;
using test::found;
using test::Sample;

namespace {

const std::string a(40, 'a'), b(40, 'b');

/// A repository with a deploy key, and the intents of its pushes and merges.
struct World : Sample {
  explicit World(sql::Writer& tx) : Sample(tx) {
    core::DeployKey added;
    added.repository_id = repository.id;
    added.key = {"ssh-ed25519 AAAA", "SHA256:x"};
    added.added_by = ada;
    key = found(store::insert_deploy_key(tx, added, actor));
  }
  core::RefIntent push(const std::string& session, const std::string& ref,
                       Timestamp created_at = at(1)) const {
    return {.id = {},
            .repository_id = repository.id,
            .change = {ref, a, b},
            .actor = core::Actor::by_deploy_key(key).in_request("request-9"),
            .sender = {},
            .session = session,
            .created_at = created_at};
  }
  core::RefIntent merge(const core::Actor& by, const std::string& ref) const {
    core::RefIntent intent = push("", ref);
    intent.actor = by;
    return intent;
  }
  DeployKeyId key;
};

}  // namespace

TEST_CASE("insert_ref_intent: keeps every field, and who added the key, even a deleted one") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const World world(tx);
      const auto id = store::insert_ref_intent(tx, world.push("one", "refs/heads/größer"));
      store::delete_deploy_key(tx, world.key, at(2));
      const auto open = store::list_open_ref_intents(tx, "one");
      REQUIRE(open.size() == 1);
      CHECK(open[0].id == id);
      CHECK(open[0].is_push());
      CHECK(open[0].session == "one");
      CHECK(open[0].actor.deploy_key_id() == world.key);
      CHECK(open[0].actor.account() == nullptr);
      CHECK(open[0].actor.request_id() == "request-9");
      CHECK(open[0].sender.login == "ada");
      CHECK(open[0].repository_id == world.repository.id);
      CHECK(open[0].change == core::RefChange{"refs/heads/größer", a, b});
      CHECK(open[0].created_at == at(1));
    });
  });
}

TEST_CASE("insert_ref_intent: keeps the account that merges, and its token, even a revoked one") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const World world(tx);
      core::Token token;
      token.account_id = world.ada.id;
      token.name = "ci";
      token.scopes = *core::Scopes::parse("repo");
      token.created_at = at(0);
      token.id = store::insert_token(tx, token, "digest");
      const auto by_token = core::Actor::by_token(world.ada, token).in_request("request-2");
      store::insert_ref_intent(tx, world.merge(by_token, "refs/heads/a"));
      store::insert_ref_intent(tx, world.merge(world.actor, "refs/heads/b"));
      store::revoke_token(tx, token.id, at(2));
      const auto open = store::list_open_ref_intents(tx);
      REQUIRE(open.size() == 2);
      CHECK_FALSE(open[0].is_push());
      CHECK_FALSE(open[0].actor.deploy_key_id().has_value());
      CHECK(open[0].actor.sender().id == world.ada.id);
      REQUIRE(open[0].actor.token() != nullptr);
      CHECK(open[0].actor.token()->id == token.id);
      CHECK(open[0].actor.token()->name == "ci");
      CHECK(open[0].actor.authority().has(core::Scope::repo));
      CHECK(open[0].actor.request_id() == "request-2");
      CHECK(open[0].sender.id == world.ada.id);
      CHECK(open[1].actor.sender().id == world.ada.id);
      CHECK(open[1].actor.token() == nullptr);
      CHECK(open[1].actor.request_id() == "request-1");
    });
  });
}

TEST_CASE("list_open_ref_intents: those of one push or all, in order, until they are settled") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const World world(tx);
      for (const char* ref : {"refs/heads/c", "refs/heads/a", "refs/heads/b"}) {
        store::insert_ref_intent(tx, world.push("one", ref));
      }
      store::insert_ref_intent(tx, world.push("two", "refs/heads/a"));
      store::insert_ref_intent(tx, world.merge(world.actor, "refs/heads/a"));
      const auto open = store::list_open_ref_intents(tx, "one");
      REQUIRE(open.size() == 3);
      CHECK(open[0].change.ref == "refs/heads/c");
      CHECK(open[2].change.ref == "refs/heads/b");
      CHECK(store::list_open_ref_intents(tx).size() == 5);
      CHECK(store::list_open_ref_intents(tx, "three").empty());
      CHECK(store::list_open_ref_intents(tx, "").empty());

      CHECK(store::settle_ref_intent(tx, open[0].id, RefOutcome::moved, at(5)));
      CHECK_FALSE(store::settle_ref_intent(tx, open[0].id, RefOutcome::abandoned, at(6)));
      CHECK(store::list_open_ref_intents(tx, "one").size() == 2);
      CHECK(tx.number("select settled_at from ref_intent where outcome = 'moved'") ==
            to_micros(at(5)));
    });
  });
}

TEST_CASE("has_other_made: another intent made the same change since") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const World world(tx);
      store::insert_ref_intent(tx, world.push("one", "refs/heads/a", at(1)));
      store::insert_ref_intent(tx, world.push("two", "refs/heads/a", at(3)));
      store::insert_ref_intent(tx, world.push("three", "refs/heads/b", at(3)));
      const auto one = store::list_open_ref_intents(tx, "one").at(0);
      CHECK_FALSE(store::has_other_made(tx, one));
      store::insert_ref_intent(tx, world.push("four", "refs/heads/a", at(3)));
      const auto abandoned = store::list_open_ref_intents(tx, "four").at(0).id;
      store::settle_ref_intent(tx, abandoned, RefOutcome::abandoned, at(4));
      CHECK_FALSE(store::has_other_made(tx, one));
      const auto id = store::list_open_ref_intents(tx, "two").at(0).id;
      store::settle_ref_intent(tx, id, RefOutcome::moved, at(4));
      CHECK(store::has_other_made(tx, one));
      CHECK_FALSE(store::has_other_made(tx, store::list_open_ref_intents(tx, "three").at(0)));
      // Stored after that push, it is a different change.
      core::RefIntent later = one;
      later.created_at = at(5);
      CHECK_FALSE(store::has_other_made(tx, later));
    });
  });
}
