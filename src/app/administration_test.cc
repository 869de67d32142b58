#include "app/administration.h"

#include <doctest/doctest.h>

#include "app/authentication.h"
#include "support/app_fixture.h"

using namespace esclusa;
using test::AppFixture;
using test::at;
using test::must;
using namespace std::chrono_literals;

namespace {

/// The reason code of a refusal.
template <class T>
std::string reason(const Result<T>& result) {
  return result ? "no error" : result.error().reason_code;
}

std::vector<core::Account> accounts(AppFixture& app) {
  return must(app.read([](store::Reader& db) { return app::list_accounts(db); }));
}

Result<std::vector<core::Token>> tokens(AppFixture& app, const std::string& login) {
  return app.read([&](store::Reader& db) { return app::list_tokens(db, login); });
}

core::Actor authenticate(AppFixture& app, const Secret& token) {
  return must(app.read(
      [&](store::Reader& db) { return app::authenticate(app.context, db, token.reveal()); }));
}

app::NewRepository repository_input(const std::string& name, const std::string& path = "") {
  app::NewRepository input;
  input.owner = "team";
  input.name = name;
  input.path = path;
  return input;
}

app::NewToken token_input(const std::string& login, const std::string& scopes) {
  app::NewToken input;
  input.login = login;
  input.scopes = scopes;
  return input;
}

}  // namespace

TEST_CASE("create_account: a user, an organization, and a bot with its human") {
  AppFixture app;
  const auto audits = app.audits().size();
  auto create = [&](const std::string& login, core::AccountKind kind, const std::string& human) {
    return app::create_account(app.context, app.administrator,
                               {.login = login, .kind = kind, .human = human});
  };
  CHECK(must(create("bob", core::AccountKind::user, "")).kind == core::AccountKind::user);
  CHECK(must(create("team", core::AccountKind::organization, "")).kind ==
        core::AccountKind::organization);
  const auto bot = must(create("ci[bot]", core::AccountKind::bot, "ADA"));
  CHECK(bot.human_id == accounts(app).at(0).id);
  CHECK(app.audits().size() == audits + 3);
  CHECK(accounts(app).size() == 4);
}

TEST_CASE("create_account: refuses a login that is taken, malformed or reserved") {
  AppFixture app;
  auto create = [&](const std::string& login, const std::string& human = "") {
    return reason(
        app::create_account(app.context, app.administrator, {.login = login, .human = human}));
  };
  const auto audits = app.audits().size();
  CHECK(create("ADA") == "login_taken");
  CHECK(create("../etc") == "invalid_name");
  CHECK(create("") == "invalid_name");
  CHECK(create("repos") == "invalid_name");
  CHECK(create("bob", "nobody-there") == "account_not_found");
  CHECK(app.row_count("account") == 1);
  CHECK(app.audits().size() == audits);
}

TEST_CASE("set_member: only for an organization, and with a role that exists") {
  AppFixture app;
  must(
      app::create_account(app.context, app.administrator,
                          {.login = "team", .kind = core::AccountKind::organization, .human = ""}));
  auto set = [&](const std::string& team, const std::string& login, const std::string& role) {
    return reason(app::set_member(app.context, app.administrator, team, login, role));
  };
  CHECK(set("team", "ada", "owner") == "invalid_role");
  CHECK(set("ada", "ada", "member") == "not_an_organization");
  CHECK(set("none", "ada", "member") == "account_not_found");
  CHECK(set("team", "none", "member") == "account_not_found");
  CHECK(app.row_count("organization_member") == 0);
  CHECK(set("team", "ada", "admin") == "no error");
  CHECK(app.audits("organization.set_member").size() == 1);
}

TEST_CASE("create_token: its text authenticates the account, and only its digest is stored") {
  AppFixture app;
  const auto minted =
      must(app::create_token(app.context, app.administrator, token_input("ada", "repo:status")));
  CHECK(core::has_token_shape(minted.text.reveal()));
  CHECK(must(app.read(test::list_token_digests)) ==
        std::vector{core::token_digest(minted.text.reveal())});
  CHECK(authenticate(app, minted.text).token()->id == minted.token.id);
  CHECK_FALSE(minted.token.expires_at.has_value());
  CHECK(app.audits("token.create").size() == 1);
  CHECK(!lines_of(app.audits(), &test::StoredAudit::detail).contains(minted.text.reveal()));
}

TEST_CASE("create_token: expires after the requested time") {
  AppFixture app;
  auto input = token_input("ada", "");
  input.expires_in = 90s;
  const auto minted = must(app::create_token(app.context, app.administrator, input));
  CHECK(minted.token.expires_at == at(0) + 90s);
}

TEST_CASE("create_token: refuses unknown scopes, unknown accounts, organizations and long names") {
  AppFixture app;
  must(
      app::create_account(app.context, app.administrator,
                          {.login = "team", .kind = core::AccountKind::organization, .human = ""}));
  auto create = [&](const app::NewToken& input) {
    return reason(app::create_token(app.context, app.administrator, input));
  };
  CHECK(create(token_input("ada", "everything")) == "unknown_scope");
  CHECK(create(token_input("nobody-there", "repo")) == "account_not_found");
  CHECK(create(token_input("team", "repo")) == "no_tokens");
  auto long_name = token_input("ada", "repo");
  long_name.name = std::string(256, 'x');
  CHECK(create(long_name) == "too_long");
  CHECK(app.row_count("token") == 0);
}

TEST_CASE("revoke_token: revokes it once; the second time it is not found") {
  AppFixture app;
  const auto minted =
      must(app::create_token(app.context, app.administrator, token_input("ada", "repo")));
  must(app::revoke_token(app.context, app.administrator, minted.token.id));
  CHECK(must(tokens(app, "ada")).at(0).revoked_at == at(0));
  CHECK(reason(app::revoke_token(app.context, app.administrator, minted.token.id)) ==
        "token_not_found");
  CHECK(reason(app::revoke_token(app.context, app.administrator, TokenId{99})) ==
        "token_not_found");
  CHECK(reason(tokens(app, "nobody-there")) == "account_not_found");
  CHECK(app.row_count("audit where action = 'token.revoke'") == 1);
}

TEST_CASE("create_account: only a human answers for a bot") {
  AppFixture app;
  const auto bot = [&](const std::string& login, const std::string& human) {
    return app::create_account(app.context, app.administrator,
                               {.login = login, .kind = core::AccountKind::bot, .human = human});
  };
  must(bot("ci", "ada"));
  CHECK(reason(bot("nightly", "ci")) == "not_a_human");
}

TEST_CASE("create_first_administrator: on an empty database, and never again") {
  AppFixture app;
  CHECK_FALSE(must(app::create_first_administrator(app.context)).has_value());
  must(app.write(test::delete_accounts));
  const auto minted = must(app::create_first_administrator(app.context));
  REQUIRE(minted.has_value());
  const auto admin = authenticate(app, minted->text);
  CHECK(admin.sender().login == "admin");
  CHECK(admin.sender().site_admin);
  CHECK(admin.authority().has(core::Scope::repo));
  CHECK_FALSE(must(app::create_first_administrator(app.context)).has_value());
  CHECK(app.row_count("account") == 1);
  CHECK(app.row_count("token") == 1);
}

TEST_CASE("grant_role: in a repository that exists, to an account that exists") {
  AppFixture app;
  must(app::create_repository(app.context, app.administrator, repository_input("application")));
  auto grant = [&](const std::string& name, const std::string& login) {
    return reason(
        app::grant_role(app.context, app.administrator, "team", name, login, core::Role::write));
  };
  CHECK(grant("none", "ada") == "repository_not_found");
  CHECK(grant("application", "nobody-there") == "account_not_found");
  CHECK(app.row_count("repository_role") == 0);
  CHECK(grant("application", "ada") == "no error");
  CHECK(app.audits("repository.grant").size() == 1);
}

TEST_CASE(
    "grant_role: not to an organization or the owner; an old grant of theirs can be removed") {
  AppFixture app;
  auto input = repository_input("application");
  input.owner = "ada";
  must(app::create_repository(app.context, app.administrator, input));
  must(
      app::create_account(app.context, app.administrator,
                          {.login = "acme", .kind = core::AccountKind::organization, .human = ""}));
  auto grant = [&](const std::string& login, core::Role role) {
    return app::grant_role(app.context, app.administrator, "ada", "application", login, role);
  };
  const auto refused = grant("acme", core::Role::read);
  CHECK(reason(refused) == "not_a_user");
  CHECK(refused.error().message ==
        "\"acme\" is an organization; grant the role to its members, or to one of its teams");
  CHECK(reason(grant("ada", core::Role::write)) == "owner_is_no_collaborator");
  CHECK(app.row_count("repository_role") == 0);
  CHECK(reason(grant("acme", core::Role::none)) == "no error");
}
