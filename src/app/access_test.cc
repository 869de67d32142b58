#include "app/access.h"

#include <doctest/doctest.h>

#include "app/authentication.h"
#include "core/operations/deployments.h"
#include "support/app_fixture.h"

using namespace esclusa;
using test::AppFixture;
using test::at;
using test::must;
using namespace std::chrono_literals;

namespace {

app::MintedToken mint(AppFixture& app, std::optional<std::chrono::seconds> expires_in = {}) {
  return must(
      app::create_token(app.context, app.administrator,
                        {.login = "ada", .name = "t", .scopes = "repo", .expires_in = expires_in}));
}

ErrorCode code_of(const Result<core::Actor>& result) {
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().message == "Bad credentials");
  return result.error().code;
}

const core::Operation& deploy = core::operations::create_deployment;
const core::Operation& look = core::operations::get_deployment;

Result<core::Actor> authenticate(AppFixture& app, std::string_view token) {
  return app.read([&](store::Reader& db) { return app::authenticate(app.context, db, token); });
}

Result<app::RepositoryAccess> enter(AppFixture& app, const core::Actor& actor,
                                    const app::RepositoryPlace& place,
                                    const core::Operation& operation) {
  return app.read([&](store::Reader& db) { return app::enter(db, actor, place, operation); });
}

/// Registers a repository of ada's and adds nothing else.
void add_repository(AppFixture& app, const std::string& name, core::Visibility visibility) {
  must(app::create_repository(app.context, app.administrator,
                              {.owner = "ada",
                               .name = name,
                               .path = "",
                               .visibility = visibility,
                               .auto_merge = std::nullopt}));
}

}  // namespace

TEST_CASE("authenticate: gives the account and the token") {
  AppFixture app;
  const auto minted = mint(app);
  const auto actor = must(authenticate(app, minted.text.reveal()));
  CHECK(actor.sender().login == "ada");
  REQUIRE(actor.token() != nullptr);
  CHECK(actor.token()->id == minted.token.id);
  CHECK(actor.authority().has(core::Scope::repo_deployment));
}

TEST_CASE("authenticate: 401 for a malformed token and for an unknown token") {
  AppFixture app;
  std::string altered = mint(app).text.reveal();
  altered.back() = altered.back() == 'a' ? 'b' : 'a';
  const std::string unknown = core::new_token_text().reveal();
  for (const std::string& text : {std::string(), std::string("ghp_0123456789"), altered, unknown}) {
    CAPTURE(text);
    CHECK(code_of(authenticate(app, text)) == ErrorCode::unauthenticated);
  }
}

TEST_CASE("authenticate: 401 from the token's expiry time on") {
  AppFixture app;
  const auto minted = mint(app, 60s);
  app.now = at(0) + 60s - 1us;
  CHECK(authenticate(app, minted.text.reveal()).has_value());
  app.now = at(0) + 60s;
  CHECK(code_of(authenticate(app, minted.text.reveal())) == ErrorCode::unauthenticated);
}

TEST_CASE("authenticate: 401 for a token that is revoked, and for a blocked account") {
  AppFixture app;
  const auto revoked = mint(app), blocked = mint(app);
  must(app::revoke_token(app.context, app.administrator, revoked.token.id));
  CHECK(code_of(authenticate(app, revoked.text.reveal())) == ErrorCode::unauthenticated);
  CHECK(authenticate(app, blocked.text.reveal()).has_value());
  app.block("ada");
  CHECK(code_of(authenticate(app, blocked.text.reveal())) == ErrorCode::unauthenticated);
}

TEST_CASE("authenticate: the last use is written at the flush, at most once a minute") {
  AppFixture app;
  const auto minted = mint(app);
  auto last_use = [&] {
    return must(app.read([](store::Reader& db) { return app::list_tokens(db, "ada"); }))
        .at(0)
        .last_used_at;
  };
  app.now = at(5);
  must(authenticate(app, minted.text.reveal()));
  CHECK_FALSE(last_use().has_value());
  app.token_use.flush(app.context.database);
  CHECK(last_use() == at(5));
  app.now = at(5) + 59s;
  must(authenticate(app, minted.text.reveal()));
  app.token_use.flush(app.context.database);
  CHECK(last_use() == at(5));
  app.now = at(5) + 60s;
  must(authenticate(app, minted.text.reveal()));
  app.token_use.flush(app.context.database);
  CHECK(last_use() == at(5) + 60s);
}

TEST_CASE("enter: a private one is not found without a role and a scope") {
  AppFixture app;
  add_repository(app, "private", core::Visibility::is_private);
  must(app::create_account(app.context, app.administrator, {.login = "bob", .human = ""}));
  auto open = [&](const core::Actor& actor, const std::string& name = "private") {
    return enter(app, actor, app::RepositoryName{"ADA", name}, look);
  };
  CHECK(must(open(app.log_in("ada"))).repository.full_name() == "ada/private");
  CHECK(must(open(app.log_in("ada"))).role == core::Role::admin);
  const Error absent = open(app.log_in("ada"), "none").error();
  for (const auto& actor :
       {app.log_in("bob"), app.log_in("ada", "repo:status"), core::Actor::nobody()}) {
    const Error error = open(actor).error();
    CHECK(error.code == ErrorCode::not_found);
    CHECK(error.message == absent.message);
    CHECK(error.reason_code == absent.reason_code);
  }
}

TEST_CASE("enter: a granted role gives the access of that role and no more") {
  AppFixture app;
  add_repository(app, "private", core::Visibility::is_private);
  must(app::create_account(app.context, app.administrator, {.login = "bob", .human = ""}));
  const auto bob = app.log_in("bob");
  auto open = [&](const core::Operation& operation) {
    return enter(app, bob, app::RepositoryName{"ada", "private"}, operation);
  };
  must(app::grant_role(app.context, app.administrator, "ada", "private", "bob", core::Role::read));
  CHECK(must(open(look)).role == core::Role::read);
  CHECK(open(deploy).error().code == ErrorCode::forbidden);
  must(app::grant_role(app.context, app.administrator, "ada", "private", "bob", core::Role::write));
  const auto access = must(open(deploy));
  CHECK(access.role == core::Role::write);
  CHECK(access.actor.sender().login == "bob");
  must(app::grant_role(app.context, app.administrator, "ada", "private", "bob", core::Role::none));
  CHECK(open(look).error().code == ErrorCode::not_found);
}

TEST_CASE("enter: everybody may read a public one, by name and by id") {
  AppFixture app;
  add_repository(app, "public", core::Visibility::is_public);
  const auto access =
      must(enter(app, core::Actor::nobody(), app::RepositoryName{"ada", "public"}, look));
  CHECK(access.role == core::Role::read);
  CHECK(must(enter(app, core::Actor::nobody(), access.repository.id, look)).repository.name ==
        "public");
  CHECK(enter(app, core::Actor::nobody(), access.repository.id, deploy).error().code ==
        ErrorCode::unauthenticated);
  CHECK(enter(app, core::Actor::nobody(), RepositoryId{999}, look).error().code ==
        ErrorCode::not_found);
}

TEST_CASE("find_renamed: finds a renamed repository, only for those who may read it") {
  AppFixture app;
  add_repository(app, "private", core::Visibility::is_private);
  add_repository(app, "public", core::Visibility::is_public);
  must(app::create_account(app.context, app.administrator, {.login = "bob", .human = ""}));
  auto rename = [&](const std::string& name, const std::string& new_name) {
    return must(app::update_repository(app.context, app.administrator, "ada", name,
                                       {.name = new_name}))
        .repository;
  };
  const auto moved = rename("private", "hidden");
  const auto open = rename("public", "shown");
  auto find = [&](const core::Actor& actor, const std::string& name) {
    return must(app.read(
        [&](store::Reader& db) { return app::find_renamed(db, actor, {"ADA", name}, deploy); }));
  };
  CHECK(find(app.log_in("ada"), "Private") == moved.id);
  CHECK_FALSE(find(app.log_in("ada"), "hidden"));
  CHECK_FALSE(find(app.log_in("ada"), "never"));
  for (const auto& actor :
       {app.log_in("bob"), app.log_in("ada", "repo:status"), core::Actor::nobody()}) {
    CHECK_FALSE(find(actor, "private"));
    CHECK(find(actor, "public") == open.id);
  }
  // The redirect needs only the right to read, even for a route that requires more.
  must(app::grant_role(app.context, app.administrator, "ada", "hidden", "bob", core::Role::read));
  CHECK(find(app.log_in("bob"), "private") == moved.id);
}
