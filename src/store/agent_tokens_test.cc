#include "store/agent_tokens.h"

#include <doctest/doctest.h>

#include "support/database_fixture.h"
#include "support/store_rows.h"

using namespace esclusa;
using test::at;
using test::for_each_engine;
using test::found;
using test::Sample;

namespace {

core::AgentGrant some_grant(sql::Writer& tx, const Sample& s, const std::string& digest) {
  core::AgentGrant grant;
  grant.repository_id = s.repository.id;
  grant.account = s.ada;
  grant.token.name = "web-1";
  grant.token.created_at = at(3);
  for (const char* name : {"Production", "staging"}) {
    const auto environment = s.environment(tx, name);
    grant.environments.emplace(environment.id, environment.name);
  }
  grant.token.id = store::insert_agent_token(tx, grant, digest);
  return grant;
}

}  // namespace

TEST_CASE("agent tokens: are found by digest and id, with their environments") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto grant = some_grant(tx, s, "digest");
      const auto read = found(store::find_agent(tx, "digest"));
      CHECK(read.token.id == grant.token.id);
      CHECK(read.token.name == "web-1");
      CHECK(read.token.created_at == at(3));
      CHECK_FALSE(read.token.expires_at);
      CHECK_FALSE(read.token.last_used_at);
      CHECK_FALSE(read.token.revoked_at);
      CHECK(read.repository_id == s.repository.id);
      CHECK(read.account.login == "ada");
      CHECK(read.environments == grant.environments);
      CHECK(found(store::find_agent(tx, grant.token.id)).environments == grant.environments);
      CHECK_FALSE(store::find_agent(tx, "other"));

      const Sample other(tx, "other");
      some_grant(tx, other, "other");
      CHECK(store::list_agents(tx, s.repository.id).size() == 1);
      some_grant(tx, s, "third");
      const auto listed = store::list_agents(tx, s.repository.id);
      REQUIRE(listed.size() == 2);
      CHECK(listed[0].token.id == grant.token.id);
      CHECK(listed[1].environments == grant.environments);
    });
  });
}

TEST_CASE("agent tokens: a use, and one revocation") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto id = some_grant(tx, s, "digest").token.id;
      store::touch_agent_token(tx, id, at(5));
      CHECK(store::revoke_agent_token(tx, id, at(6)));
      CHECK_FALSE(store::revoke_agent_token(tx, id, at(7)));
      const auto read = found(store::find_agent(tx, id)).token;
      CHECK(read.last_used_at == at(5));
      CHECK(read.revoked_at == at(6));
      CHECK_FALSE(store::revoke_agent_token(tx, {id.value + 1}, at(7)));
    });
  });
}
