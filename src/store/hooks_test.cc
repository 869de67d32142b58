#include "store/hooks.h"

#include <doctest/doctest.h>

#include "base/check.h"
#include "support/database_fixture.h"
#include "support/store_rows.h"

using namespace esclusa;
using test::at;
using test::for_each_engine;
using test::found;
using test::Sample;
using test::sealer;

namespace {

std::optional<std::string> sealed_of(sql::Reader& db, HookId id) {
  return found(db.one("select secret_sealed from hook where id = $1", {id.value},
                      [](const sql::Row& row) { return row.optional_text(0); }));
}

}  // namespace

TEST_CASE("insert_hook: keeps every field") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      core::Hook given;
      given.target = s.repository.id;
      given.url = "https://example.com/?a=1&b=ä";
      given.content_type = core::HookContentType::form;
      given.secret = Secret("It's a Secret to Everybody");
      given.insecure_ssl = true;
      given.events = {"deployment", "push"};
      given.active = false;
      given.created_at = at(2);
      const HookId id = store::insert_hook(tx, sealer(), given, s.ada.id);
      const auto read = found(store::find_hook(tx, sealer(), s.repository.id, id));
      CHECK(read.id == id);
      CHECK(read.target == core::HookTarget(s.repository.id));
      CHECK(read.url == given.url);
      CHECK(read.content_type == core::HookContentType::form);
      CHECK(read.secret.reveal() == given.secret.reveal());
      CHECK(read.insecure_ssl);
      CHECK(read.events == given.events);
      CHECK_FALSE(read.active);
      CHECK_FALSE(read.last_response.code.has_value());
      CHECK(read.last_response.status == "unused");
      CHECK_FALSE(read.last_response.message.has_value());
      CHECK(read.created_at == at(2));
      CHECK(read.updated_at == at(2));
    });
  });
}

TEST_CASE("insert_hook: the row does not contain the secret as plain text") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto hook = s.hook(tx, {"*"}, "http://a", "a well kept secret");
      const std::string sealed = found(sealed_of(tx, hook.id));
      CHECK(sealed.find("secret") == sealed.npos);
      CHECK(sealed.size() > 40);
      CHECK(hook.secret.reveal() == "a well kept secret");
      CHECK_FALSE(sealed_of(tx, s.hook(tx).id).has_value());
    });
  });
}

TEST_CASE("credentials of a hook: sealed, bound to the hook, and kept while the key is wrong") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      auto hook = s.hook(tx, {"*"}, "http://a", "secret");
      auto find = [&](HookId id) {
        return found(store::find_hook(tx, sealer(), s.repository.id, id));
      };
      hook.credentials = Secret("ada:well kept");
      store::update_hook(tx, sealer(), hook);
      CHECK(find(hook.id).credentials.reveal() == "ada:well kept");
      CHECK(find(hook.id).url == "http://a");
      CHECK(tx.number("select count(*) from hook where credentials_sealed like '%kept%'") == 0);

      const auto other = s.hook(tx);
      tx.execute(
          "update hook set credentials_sealed = (select h.credentials_sealed from hook h "
          "where h.id = $1) where id = $2",
          {hook.id.value, other.id.value});
      CHECK(find(other.id).has_unreadable_credentials);
      CHECK(find(other.id).credentials.empty());
      store::update_hook(tx, sealer(), find(other.id));  // an unrelated change
      CHECK(tx.number("select count(*) from hook where credentials_sealed is not null") == 2);

      hook.credentials = Secret();
      store::update_hook(tx, sealer(), hook);
      CHECK(find(hook.id).credentials.empty());
      CHECK(tx.number("select count(*) from hook where credentials_sealed is not null") == 1);
    });
  });
}

TEST_CASE("update_hook: a secret and credentials that do not unseal stay as they are") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      core::Hook hook = s.hook(tx, {"*"}, "http://127.0.0.1:1/hook", "secret");
      hook.credentials = Secret("ada:password");
      store::update_hook(tx, test::sealer(), hook);
      const Sealer other(Secret(std::string(Sealer::key_bytes, 'x')));
      core::Hook unreadable = found(store::find_hook(tx, other, s.repository.id, hook.id));
      CHECK(unreadable.has_unreadable_secret);
      CHECK(unreadable.has_unreadable_credentials);
      unreadable.active = false;
      store::update_hook(tx, other, unreadable);
      const core::Hook after =
          found(store::find_hook(tx, test::sealer(), s.repository.id, hook.id));
      CHECK(after.secret.reveal() == "secret");
      CHECK(after.credentials.reveal() == "ada:password");
      CHECK_FALSE(after.active);
    });
  });
}

TEST_CASE("find_hook: does not unseal a secret that was moved to another row") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto one = s.hook(tx, {"*"}, "http://a", "one"), two = s.hook(tx);
      tx.execute("update hook set secret_sealed = $1 where id = $2",
                 {sealed_of(tx, one.id), two.id.value});
      const auto read = found(store::find_hook(tx, sealer(), s.repository.id, two.id));
      CHECK(read.has_unreadable_secret);
      CHECK(read.secret.empty());
      CHECK(found(store::find_hook(tx, sealer(), s.repository.id, one.id)).secret.reveal() ==
            "one");
    });
  });
}

TEST_CASE("find_hook and list_hooks: only the repository's own, oldest first") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx), other(tx, "other");
      const auto one = s.hook(tx);
      const auto foreign = other.hook(tx);
      const auto two = s.hook(tx);
      const auto list = store::list_hooks(tx, sealer(), s.repository.id);
      REQUIRE(list.size() == 2);
      CHECK(list[0].id == one.id);
      CHECK(list[1].id == two.id);
      CHECK_FALSE(store::find_hook(tx, sealer(), s.repository.id, foreign.id).has_value());
      CHECK_FALSE(store::find_hook(tx, sealer(), s.repository.id, HookId{999}).has_value());
    });
  });
}

TEST_CASE("update_hook: changes the given fields, and removes an empty secret") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      core::Hook hook = s.hook(tx, {"push"}, "http://old", "old");
      const auto neighbour = s.hook(tx, {"push"}, "http://neighbour", "kept");
      hook.url = "https://new";
      hook.content_type = core::HookContentType::form;
      hook.secret = Secret("new");
      hook.insecure_ssl = true;
      hook.events = {"deployment", "status"};
      hook.active = false;
      hook.updated_at = at(6);
      store::update_hook(tx, sealer(), hook);
      auto read = found(store::find_hook(tx, sealer(), s.repository.id, hook.id));
      CHECK(read.url == "https://new");
      CHECK(read.content_type == core::HookContentType::form);
      CHECK(read.secret.reveal() == "new");
      CHECK(read.insecure_ssl);
      CHECK(read.events == hook.events);
      CHECK_FALSE(read.active);
      CHECK(read.created_at == at(0));
      CHECK(read.updated_at == at(6));
      hook.secret = Secret();
      store::update_hook(tx, sealer(), hook);
      CHECK_FALSE(sealed_of(tx, hook.id).has_value());
      read = found(store::find_hook(tx, sealer(), s.repository.id, neighbour.id));
      CHECK(read.url == "http://neighbour");
      CHECK(read.secret.reveal() == "kept");
    });
  });
}

TEST_CASE("delete_hook: hides it, cancels its pending deliveries, and keeps its attempts") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto gone = s.hook(tx), kept = s.hook(tx);
      store::insert_event(tx, s.event("push"), "{}", s.actor);
      tx.execute("update delivery set state = 'delivered' where hook_id = $1", {gone.id.value});
      store::insert_event(tx, s.event("push"), "{}", s.actor);
      store::delete_hook(tx, gone.id, at(3));
      CHECK_FALSE(store::find_hook(tx, sealer(), s.repository.id, gone.id).has_value());
      CHECK(store::list_hooks(tx, sealer(), s.repository.id).size() == 1);
      auto count = [&](HookId hook, const char* state) {
        return tx.number("select count(*) from delivery where hook_id = $1 and state = $2",
                         {hook.value, state});
      };
      CHECK(count(gone.id, "delivered") == 1);
      CHECK(count(gone.id, "cancelled") == 1);
      CHECK(count(gone.id, "pending") == 0);
      CHECK(count(kept.id, "pending") == 2);
      CHECK(s.hook(tx).id > kept.id);
    });
  });
}

TEST_CASE("has_hook: found by its own target, until it is deleted") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto hook = s.hook(tx);
      // An organization and a repository may have the same number.
      const AccountId organization{s.repository.id.value};
      CHECK(store::has_hook(tx, s.repository.id, hook.id));
      CHECK_FALSE(store::has_hook(tx, organization, hook.id));
      CHECK_FALSE(store::has_hook(tx, RepositoryId{s.repository.id.value + 1}, hook.id));
      store::delete_hook(tx, hook.id, at(1));
      CHECK_FALSE(store::has_hook(tx, s.repository.id, hook.id));
    });
  });
}

TEST_CASE("list_hooks_of: the account's hooks that are not deleted") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto first = s.hook(tx), second = s.hook(tx), deleted = s.hook(tx);
      const auto bob = test::add_account(tx, "bob");
      auto adopted = second;
      adopted.creator.id = bob.id;
      store::update_hook(tx, sealer(), adopted);
      store::delete_hook(tx, deleted.id, at(1));
      auto of = [&](AccountId account) {
        const auto hooks = store::list_hooks_of(tx, account);
        REQUIRE(hooks.size() == 1);
        CHECK(hooks[0].active);
        return hooks[0].id;
      };
      CHECK(of(s.ada.id) == first.id);
      CHECK(of(bob.id) == second.id);
    });
  });
}
