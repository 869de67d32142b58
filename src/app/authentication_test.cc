#include "app/authentication.h"

#include <doctest/doctest.h>

#include "support/installed_app.h"

using namespace esclusa;
using test::claims_for;
using test::InstalledApp;
using test::make_jwt;
using test::must;
using namespace std::chrono_literals;

namespace {

const core::Operation& deploy = core::operations::create_deployment;

std::string refusal(const Result<core::Actor>& result) {
  REQUIRE_FALSE(result);
  CHECK(result.error().code == ErrorCode::unauthenticated);
  return result.error().message;
}

constexpr const char* undecodable = "A JSON web token could not be decoded";

}  // namespace

TEST_CASE("authenticate: an app by its JWT; the issuer is its id as a number or a text") {
  InstalledApp world;
  const std::string id = std::to_string(world.app.id.value);
  for (const std::string& issuer :
       {id, "\"" + id + "\"", "\"" + core::client_id(world.app.id) + "\""}) {
    CAPTURE(issuer);
    const auto actor = must(world.authenticate(make_jwt(claims_for(issuer, world.seconds()))));
    REQUIRE(actor.app() != nullptr);
    CHECK(actor.app()->slug == "shop");
    CHECK(actor.installation() == nullptr);
    CHECK(actor.account() == nullptr);
    CHECK(actor.is_authenticated());
  }
}

TEST_CASE("authenticate: 401 for every forged JWT") {
  InstalledApp world;
  for (const auto& forged : test::forged_jwts(claims_for("1", world.seconds()))) {
    CAPTURE(forged.how);
    const std::string message = refusal(world.authenticate(forged.text));
    CHECK((message == undecodable || message == "Bad credentials"));
  }
}

TEST_CASE("authenticate: 401 for a JWT by another app's key, and by a key that was removed") {
  InstalledApp world;
  const auto other = world.create_app("other", test::other_key());
  const std::string claims = claims_for(std::to_string(world.app.id.value), world.seconds());
  CHECK(refusal(world.authenticate(make_jwt(claims, test::other_key()))) == undecodable);
  must(world.authenticate(make_jwt(claims_for(std::to_string(other.app.id.value), world.seconds()),
                                   test::other_key())));

  const auto added = must(app::add_app_key(world.context, world.administrator, "shop",
                                           test::other_key().public_key.pem));
  must(world.authenticate(make_jwt(claims, test::other_key())));
  must(app::remove_app_key(world.context, world.administrator, "shop", added.id));
  CHECK(refusal(world.authenticate(make_jwt(claims, test::other_key()))) == undecodable);
  must(world.authenticate(make_jwt(claims)));
}

TEST_CASE("authenticate: GitHub's texts for wrong times, by which clients correct their clock") {
  InstalledApp world;
  const std::string id = std::to_string(world.app.id.value);
  const auto answer = [&](const std::string& claims) {
    return refusal(world.authenticate(make_jwt(claims)));
  };
  const int64_t now = world.seconds();
  CHECK(answer(claims_for(id, now + 300)).starts_with("'Issued at' claim ('iat') must be"));
  CHECK(answer(claims_for(id, now - 900)).starts_with("'Expiration time' claim ('exp') must be"));
  CHECK(answer(claims_for(id, now, 3600)) ==
        "'Expiration time' claim ('exp') is too far in the future");
  CHECK(answer(R"({"iss":)" + id + "}").starts_with("'Issued at' claim"));
  CHECK(answer(R"({"iss":)" + id + R"(,"iat":"1","exp":1})").starts_with("'Issued at' claim"));
  const auto not_before = [&](const std::string& time) {
    std::string claims = claims_for(id, now);
    claims.insert(claims.size() - 1, R"(,"nbf":)" + time);
    return claims;
  };
  must(world.authenticate(make_jwt(not_before(std::to_string(now + 60)))));
  for (const std::string& time :
       {std::to_string(now + 61), std::string("null"), std::string("[]")}) {
    CHECK(answer(not_before(time)).starts_with("'Not before' claim ('nbf') must be"));
  }
  CHECK(answer("{}").starts_with("Missing 'issuer' claim"));
  CHECK(answer(claims_for("\"shop\"", now)) == "'Issuer' claim ('iss') must be an Integer");
  // Times are told only to whoever has the key.
  CHECK(refusal(world.authenticate(make_jwt(claims_for(id, now + 300), test::other_key()))) ==
        undecodable);
}

TEST_CASE("authenticate: a JWT of an app that is not there, or whose bot is blocked") {
  InstalledApp world;
  const auto unknown = world.authenticate(make_jwt(claims_for("4711", world.seconds())));
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == ErrorCode::not_found);
  CHECK(unknown.error().message == "Integration not found");
  world.block("shop[bot]");
  CHECK(refusal(world.authenticate(world.jwt())) == "Bad credentials");
  must(app::unblock_account(world.context, world.administrator, "shop[bot]", app::Bots::along));
  must(world.authenticate(world.jwt()));
  must(app::remove_app(world.context, world.administrator, "shop"));
  CHECK(world.authenticate(world.jwt()).error().code == ErrorCode::not_found);
}

TEST_CASE("authenticate: a token of an installation acts as its bot, for an hour") {
  InstalledApp world;
  const auto minted = world.mint();
  CHECK(minted.text.reveal().starts_with("ghs_"));
  CHECK(minted.text.reveal().size() == 40);
  const auto actor = must(world.authenticate(minted.text.reveal()));
  REQUIRE(actor.installation() != nullptr);
  CHECK(actor.sender().login == "shop[bot]");
  CHECK(actor.sender().kind == core::AccountKind::bot);
  CHECK(actor.token() == nullptr);
  CHECK_FALSE(actor.authority().has(core::Scope::repo));
  CHECK(must(world.enter(actor, deploy)).role == core::Role::write);
  world.now += 1h - 1us;
  must(world.authenticate(minted.text.reveal()));
  world.now += 1us;
  CHECK(refusal(world.authenticate(minted.text.reveal())) == "Bad credentials");
}

TEST_CASE("authenticate: what ends a live token at once, though it is kept") {
  InstalledApp world;
  const std::string token = world.mint().text.reveal();
  const auto works = [&] { return world.authenticate(token).has_value(); };
  const app::InstallationPlace place{"shop", "ada"};
  CHECK(works());
  must(app::suspend_installation(world.context, world.administrator, place, true));
  CHECK_FALSE(works());
  must(app::suspend_installation(world.context, world.administrator, place, false));
  CHECK(works());
  world.block("shop[bot]");
  CHECK_FALSE(works());
  must(app::unblock_account(world.context, world.administrator, "shop[bot]", app::Bots::along));
  CHECK(works());
  SUBCASE("its revocation") {
    must(app::revoke_installation_token(world.context, must(world.authenticate(token))));
  }
  SUBCASE("the removal of the installation") {
    must(app::remove_installation(world.context, world.administrator, place));
  }
  SUBCASE("the removal of the app") {
    must(app::remove_app(world.context, world.administrator, "shop"));
  }
  CHECK_FALSE(works());
}

TEST_CASE("enter: an installation has what it and its token have now") {
  InstalledApp world;
  const auto actor = [&, token = world.mint().text.reveal()] {
    return must(world.authenticate(token));
  };
  const auto code = [&](const core::Operation& operation) {
    const auto entered = world.enter(actor(), operation);
    return entered ? "" : entered.error().message;
  };
  CHECK(code(deploy) == "");
  CHECK(code(core::operations::list_hooks) == "Resource not accessible by integration");
  // No permission opens these: an app does not review, and does not bypass a gate.
  for (const core::Operation* operation :
       {&core::operations::review_pending_deployments, &core::operations::bypass_gates}) {
    CHECK(code(*operation) == "Resource not accessible by integration");
  }
  // The installation loses the repository, and gets it back.
  world.add_bare("site");
  must(app::install_app(world.context, world.administrator, {"shop", "ada"}, {"site"}));
  CHECK(code(deploy) == "Not Found");
  must(app::install_app(world.context, world.administrator, {"shop", "ada"}, {}));
  CHECK(code(deploy) == "");
}

TEST_CASE("enter: a bot that owns the repository or administers the server gains nothing by it") {
  InstalledApp world("metadata=read");
  must(world.write([&](store::Writer& tx) -> Result<void> {
    tx.execute("update account set site_admin = 1 where login = 'shop[bot]'");
    return {};
  }));
  const auto actor = must(world.authenticate(world.mint().text.reveal()));
  CHECK(must(world.enter(actor, core::operations::get_repository)).role == core::Role::write);
  CHECK_FALSE(world.enter(actor, deploy).has_value());
  CHECK_FALSE(world.enter(actor, core::operations::list_hooks).has_value());
}
