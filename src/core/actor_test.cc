#include "core/actor.h"

#include <doctest/doctest.h>

#include "base/check.h"

using namespace esclusa;
using namespace esclusa::core;

namespace {

Account bot() {
  Account account;
  account.id = {7};
  account.kind = AccountKind::bot;
  account.human_id = AccountId{3};
  return account;
}

Token token(const char* scopes) {
  Token made;
  made.id = {12};
  made.scopes = Scopes::parse(scopes).value();
  return made;
}

}  // namespace

TEST_CASE("Actor: a token limits what its account may do, a session does not") {
  const Actor by_token = Actor::by_token(bot(), token("repo_deployment"));
  CHECK(by_token.authority().has(Scope::repo_deployment));
  CHECK_FALSE(by_token.authority().has_any({Scope::repo, Scope::user}));
  CHECK(by_token.token()->id == TokenId{12});
  const Actor session = Actor::by_session(bot());
  CHECK(session.authority().has_any({Scope::repo}));
  CHECK(session.authority().has(Scope::delete_repo));
  CHECK(session.token() == nullptr);
}

TEST_CASE("Actor: an account acts for its human, and nothing else has a sender") {
  const Actor actor = Actor::by_token(bot(), token("repo")).in_request("request-1");
  CHECK(actor.sender().id == AccountId{7});
  CHECK(actor.human() == AccountId{3});
  CHECK(actor.request_id() == "request-1");
  for (const Actor& other : {Actor::nobody(), Actor::local_administrator(), Actor::timer(),
                             Actor::by_deploy_key(DeployKeyId{5})}) {
    CHECK(other.account() == nullptr);
    CHECK_THROWS_AS(other.sender(), Bug);
    CHECK_FALSE(other.authority().has_any({Scope::repo, Scope::public_repo}));
  }
  CHECK(Actor::by_deploy_key(DeployKeyId{5}).deploy_key_id() == DeployKeyId{5});
  CHECK_FALSE(actor.deploy_key_id());
}

TEST_CASE("Actor: the local administrator is named by the system user") {
  const Actor ada = Actor::local_administrator("ada").in_request("request-1");
  REQUIRE(ada.system_user() != nullptr);
  CHECK(*ada.system_user() == "ada");
  CHECK(ada.is_local_administrator());
  CHECK(ada.name() == "local administrator ada");
  CHECK(Actor::local_administrator().system_user() == nullptr);
  CHECK(Actor::local_administrator().name() == "local administrator");
  CHECK(Actor::timer().system_user() == nullptr);
  CHECK_FALSE(Actor::timer().is_local_administrator());
}
