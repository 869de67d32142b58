#include "store/agents_seen.h"

#include <doctest/doctest.h>

#include "store/accounts.h"
#include "store/agent_tokens.h"
#include "support/database_fixture.h"
#include "support/store_rows.h"

using namespace esclusa;
using core::AgentSeen;
using test::at;
using test::for_each_engine;
using test::found;
using test::Sample;

namespace {

AgentTokenId add_agent(sql::Writer& tx, const Sample& s, const std::string& digest,
                       const std::string& name = "web-1") {
  core::AgentGrant grant;
  grant.repository_id = s.repository.id;
  grant.account = s.ada;
  grant.token.name = name;
  grant.token.created_at = at(3);
  return store::insert_agent_token(tx, grant, digest);
}

TokenId add_token(sql::Writer& tx, const Sample& s) {
  core::Token token;
  token.account_id = s.ada.id;
  token.name = "pull";
  token.created_at = at(4);
  return store::insert_token(tx, token, "token digest");
}

const AgentSeen reading{at(10), at(10), "10.0.0.7", "esclusa/0.1.0", "read_events"};

}  // namespace

TEST_CASE("agents seen: the row keeps the latest, and when the feed was read") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const AgentTokenId id = add_agent(tx, s, "digest");
      CHECK_FALSE(store::find_agent_seen(tx, id));
      store::note_agent_seen(tx, id, reading);
      const auto read = [&] { return found(store::find_agent_seen(tx, id)); };
      CHECK(read().last_seen_at == at(10));
      CHECK(read().feed_read_at == at(10));
      CHECK(read().address == "10.0.0.7");
      CHECK(read().version == "esclusa/0.1.0");
      CHECK(read().last_action == "read_events");

      store::note_agent_seen(tx, id, {at(20), std::nullopt, "10.0.0.8", "", "renew_claim"});
      CHECK(read().last_seen_at == at(20));
      CHECK(read().feed_read_at == at(10));
      CHECK(read().address == "10.0.0.8");
      CHECK(read().last_action == "renew_claim");
      store::note_agent_seen(tx, id, reading);  // written late: it says nothing new
      CHECK(read().last_seen_at == at(20));
      CHECK(tx.number("select count(*) from agent_seen") == 1);
    });
  });
}

TEST_CASE("agents seen: the lists have what is not revoked, also who was never heard of") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx), other(tx, "other");
      const AgentTokenId first = add_agent(tx, s, "1", "first"), second = add_agent(tx, s, "2"),
                         elsewhere = add_agent(tx, other, "3");
      store::note_agent_seen(tx, first, reading);
      const auto in_repository = store::list_agent_tokens_seen(tx, s.repository.id, 10);
      REQUIRE(in_repository.size() == 2);
      CHECK(in_repository[0].credential == core::AgentCredential(second));
      CHECK_FALSE(in_repository[0].seen);
      CHECK(in_repository[1].name == "first");
      CHECK(in_repository[1].repository == "ada/application");
      CHECK(in_repository[1].account == "ada");
      CHECK(in_repository[1].created_at == at(3));
      CHECK(found(in_repository[1].seen).address == "10.0.0.7");
      const auto all = store::list_agent_tokens_seen(tx, std::nullopt, 10);
      REQUIRE(all.size() == 3);
      CHECK(all[0].credential == core::AgentCredential(elsewhere));
      CHECK(store::list_agent_tokens_seen(tx, std::nullopt, 2).size() == 2);

      const TokenId token = add_token(tx, s);
      CHECK(store::list_account_tokens_seen(tx, 10).empty());
      store::note_agent_seen(tx, token, reading);
      const auto accounts = store::list_account_tokens_seen(tx, 10);
      REQUIRE(accounts.size() == 1);
      CHECK(accounts[0].credential == core::AgentCredential(token));
      CHECK(accounts[0].name == "pull");
      CHECK(accounts[0].repository == "");
      CHECK(found(accounts[0].seen).last_action == "read_events");
    });
  });
}

TEST_CASE("agents seen: what is revoked takes its row along, and is not noted any more") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const AgentTokenId agent = add_agent(tx, s, "digest"), kept = add_agent(tx, s, "kept");
      const TokenId token = add_token(tx, s);
      for (const core::AgentCredential& one :
           {core::AgentCredential(agent), core::AgentCredential(kept),
            core::AgentCredential(token)}) {
        store::note_agent_seen(tx, one, reading);
      }
      CHECK(store::revoke_agent_token(tx, agent, at(30)));
      CHECK(store::revoke_token(tx, token, at(30)));
      CHECK(tx.number("select count(*) from agent_seen") == 1);
      store::note_agent_seen(tx, agent, {at(40), {}, "", "", "renew_claim"});
      store::note_agent_seen(tx, token, {at(40), {}, "", "", "renew_claim"});
      CHECK(tx.number("select count(*) from agent_seen") == 1);
      CHECK(store::list_agent_tokens_seen(tx, std::nullopt, 10).size() == 1);
      CHECK(store::list_account_tokens_seen(tx, 10).empty());
      CHECK(store::find_agent_seen(tx, kept));
    });
  });
}
