#include "store/accounts.h"

#include <doctest/doctest.h>

#include "store/repositories.h"
#include "support/database_fixture.h"
#include "support/store_rows.h"

using namespace esclusa;
using test::add_account;
using test::at;
using test::for_each_engine;
using test::found;

namespace {

std::vector<std::string> logins(const std::vector<core::Account>& accounts) {
  std::vector<std::string> result;
  for (const auto& account : accounts) result.push_back(account.login);
  return result;
}

core::Token make_token(AccountId account, const std::string& name) {
  core::Token token;
  token.account_id = account;
  token.name = name;
  token.scopes = {core::Scope::repo_deployment, core::Scope::repo_status};
  token.created_at = at(5);
  return token;
}

}  // namespace

TEST_CASE("insert_account: keeps every field") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const core::Account ada = add_account(tx, "Ada");
      core::Account bot;
      bot.login = "deployer[bot]";
      bot.kind = core::AccountKind::bot;
      bot.human_id = ada.id;
      bot.site_admin = true;
      bot.created_at = at(7);
      const AccountId id = found(store::insert_account(tx, bot));
      const core::Account read = found(store::find_account(tx, id));
      CHECK(read.id == id);
      CHECK(read.login == "deployer[bot]");
      CHECK(read.kind == core::AccountKind::bot);
      CHECK(read.human_id == ada.id);
      CHECK(read.site_admin);
      CHECK_FALSE(read.blocked_at.has_value());
      CHECK(read.created_at == at(7));
      CHECK(read.updated_at == at(7));
      CHECK(ada.kind == core::AccountKind::user);
      CHECK_FALSE(ada.human_id.has_value());
      CHECK_FALSE(ada.site_admin);
    });
  });
}

TEST_CASE("insert_account: refuses a login that differs only in case") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      add_account(tx, "Ada");
      core::Account other;
      other.login = "aDA";
      CHECK_FALSE(store::insert_account(tx, other).has_value());
      add_account(tx, "Bob");  // the transaction can go on
      CHECK(store::list_accounts(tx).size() == 2);
    });
  });
}

TEST_CASE("find_account: by login without regard to case, with the spelling that was given") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const core::Account ada = add_account(tx, "Ada");
      CHECK(found(store::find_account(tx, "ADA")).id == ada.id);
      CHECK(found(store::find_account(tx, "ada")).login == "Ada");
      CHECK_FALSE(store::find_account(tx, "ad").has_value());
      CHECK_FALSE(store::find_account(tx, "%").has_value());
      CHECK_FALSE(store::find_account(tx, AccountId{ada.id.value + 1}).has_value());
    });
  });
}

TEST_CASE("list_accounts: by login; has_accounts tells whether there is one") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      CHECK_FALSE(store::has_accounts(tx));
      CHECK(store::list_accounts(tx).empty());
      for (const char* login : {"bob", "Carla", "ada"}) add_account(tx, login);
      CHECK(store::has_accounts(tx));
      CHECK(logins(store::list_accounts(tx)) == std::vector<std::string>{"ada", "bob", "Carla"});
    });
  });
}

TEST_CASE("search_accounts: by words of the login, in pages") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      for (const char* login : {"Ada", "adam", "bob"}) add_account(tx, login);
      const auto all = store::search_accounts(tx, {.words = {"ad"}, .owner = ""}, {});
      CHECK(logins(all.items) == std::vector<std::string>{"Ada", "adam"});
      const auto second =
          store::search_accounts(tx, {.words = {"a"}, .owner = ""}, {.number = 2, .size = 1});
      CHECK(logins(second.items) == std::vector<std::string>{"adam"});
      CHECK(second.total_count == 2);
      CHECK(store::search_accounts(tx, {.words = {"a", "b"}, .owner = ""}, {}).total_count == 0);
      CHECK(store::search_accounts(tx, {.words = {}, .owner = "ada"}, {}).total_count == 1);
    });
  });
}

TEST_CASE("set_blocked: is stored, and can be reset") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const auto ada = add_account(tx, "ada"), bob = add_account(tx, "bob");
      store::set_blocked(tx, ada.id, at(5));
      CHECK(found(store::find_account(tx, ada.id)).blocked_at == at(5));
      CHECK_FALSE(found(store::find_account(tx, bob.id)).blocked_at);
      store::set_blocked(tx, ada.id, std::nullopt);
      CHECK_FALSE(found(store::find_account(tx, ada.id)).blocked_at);
    });
  });
}

TEST_CASE("find_token: by digest, with its account") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const auto ada = add_account(tx, "ada");
      const auto bob = add_account(tx, "bob");
      core::Token token = make_token(bob.id, "laptop");
      token.expires_at = at(50);
      store::insert_token(tx, make_token(ada.id, "other"), "digest-a");
      const TokenId id = store::insert_token(tx, token, "digest-b");
      const auto owner = found(store::find_token(tx, "digest-b"));
      CHECK(owner.token.id == id);
      CHECK(owner.token.account_id == bob.id);
      CHECK(owner.token.name == "laptop");
      CHECK(owner.token.scopes.to_text() == "repo:status, repo_deployment");
      CHECK(owner.token.created_at == at(5));
      CHECK(owner.token.expires_at == at(50));
      CHECK_FALSE(owner.token.last_used_at.has_value());
      CHECK_FALSE(owner.token.revoked_at.has_value());
      CHECK(owner.account.login == "bob");
      CHECK_FALSE(store::find_token(tx, "digest").has_value());
    });
  });
}

TEST_CASE("find_token: shows that the account is blocked") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const auto ada = add_account(tx, "ada");
      store::insert_token(tx, make_token(ada.id, ""), "digest");
      tx.execute("update account set blocked_at = $1", {to_micros(at(9))});
      CHECK(found(store::find_token(tx, "digest")).account.blocked_at == at(9));
    });
  });
}

TEST_CASE("list_tokens: one account's, oldest first") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const auto ada = add_account(tx, "ada");
      const auto bob = add_account(tx, "bob");
      const TokenId first = store::insert_token(tx, make_token(ada.id, "one"), "digest-1");
      store::insert_token(tx, make_token(bob.id, "two"), "digest-2");
      const TokenId third = store::insert_token(tx, make_token(ada.id, "three"), "digest-3");
      const auto tokens = store::list_tokens(tx, ada.id);
      REQUIRE(tokens.size() == 2);
      CHECK(tokens[0].id == first);
      CHECK(tokens[1].id == third);
    });
  });
}

TEST_CASE("revoke_token: once, and only that one") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const auto ada = add_account(tx, "ada");
      const TokenId id = store::insert_token(tx, make_token(ada.id, ""), "digest-1");
      store::insert_token(tx, make_token(ada.id, ""), "digest-2");
      CHECK(store::revoke_token(tx, id, at(10)));
      CHECK_FALSE(store::revoke_token(tx, id, at(20)));
      CHECK_FALSE(store::revoke_token(tx, TokenId{id.value + 99}, at(20)));
      CHECK(found(store::find_token(tx, "digest-1")).token.revoked_at == at(10));
      CHECK_FALSE(found(store::find_token(tx, "digest-2")).token.revoked_at.has_value());
    });
  });
}

TEST_CASE("touch_token: records the last use of that token") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const auto ada = add_account(tx, "ada");
      const TokenId id = store::insert_token(tx, make_token(ada.id, ""), "digest-1");
      store::insert_token(tx, make_token(ada.id, ""), "digest-2");
      store::touch_token(tx, id, at(30));
      CHECK(found(store::find_token(tx, "digest-1")).token.last_used_at == at(30));
      CHECK_FALSE(found(store::find_token(tx, "digest-2")).token.last_used_at.has_value());
    });
  });
}
