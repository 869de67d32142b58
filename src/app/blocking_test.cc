#include "app/blocking.h"

#include <doctest/doctest.h>

#include "app/authentication.h"
#include "support/app_fixture.h"

using namespace esclusa;
using app::Bots;
using test::must;

namespace {

/// ada with two bots, `ci` and `nightly`; each has a token.
struct BotFixture : test::AppFixture {
  BotFixture() {
    for (const char* login : {"ci", "nightly"}) {
      must(app::create_account(context, administrator,
                               {.login = login, .kind = core::AccountKind::bot, .human = "ada"}));
      tokens.push_back(mint(login));
    }
  }

  std::string mint(const std::string& login, const std::string& scopes = "repo_deployment") {
    return must(app::create_token(context, administrator,
                                  {.login = login,
                                   .name = login + "-token",
                                   .scopes = scopes,
                                   .expires_in = std::nullopt}))
        .text.reveal();
  }
  /// The bots that have a working token: `ci nightly `.
  std::string opening() {
    std::string logins;
    for (const std::string& token : tokens) {
      const auto actor =
          read([&](store::Reader& db) { return app::authenticate(context, db, token); });
      if (actor) logins += actor->sender().login + " ";
    }
    return logins;
  }
  core::Blocking block(const std::string& login, Bots bots = Bots::along) {
    return must(app::block_account(context, administrator, login, bots));
  }
  core::Blocking unblock(const std::string& login, Bots bots = Bots::along) {
    return must(app::unblock_account(context, administrator, login, bots));
  }
  std::string audit() {
    std::string lines;
    for (const test::StoredAudit& row : audits("account.")) {
      if (!row.action.ends_with("block")) continue;
      const auto target = must(read([&](store::Reader& db) {
        return store::find_account(db, AccountId{row.target.value()});
      }));
      lines += row.action + " " + test::found(target).login + " " + row.detail + "\n";
    }
    return lines;
  }

  std::vector<std::string> tokens;
};

}  // namespace

TEST_CASE("block_account: blocks a human's bots too, and lists their tokens") {
  BotFixture app;
  must(app::revoke_token(app.context, app.administrator,
                         {1}));  // ci has another token, which still works
  app.tokens[0] = app.mint("ci");
  const auto blocking = app.block("ada");
  CHECK(app.opening().empty());
  REQUIRE(blocking.bots.size() == 2);
  CHECK(blocking.bots[0].account.login == "ci");
  CHECK(blocking.bots[0].account.blocked_at == app.now);
  REQUIRE(blocking.bots[0].tokens.size() == 1);
  CHECK(blocking.bots[0].tokens[0].name == "ci-token");
  CHECK(app.audit() ==
        "account.block ada {}\n"
        "account.block ci {\"with\":\"ada\"}\n"
        "account.block nightly {\"with\":\"ada\"}\n");
  app.told = {};
  app.unblock("ada");
  CHECK(app.told.deliveries);
  CHECK(app.opening() == "ci nightly ");
  CHECK(app.audit().contains("account.unblock nightly {\"with\":\"ada\"}\n"));
}

TEST_CASE("block_account: with Bots::stay the bots stay unblocked, and can be blocked later") {
  BotFixture app;
  const auto blocking = app.block("ada", Bots::stay);
  CHECK(app.opening() == "ci nightly ");
  CHECK(blocking.bots.size() == 2);
  CHECK_FALSE(blocking.bots[0].account.blocked_at);
  app.block("ada");
  CHECK(app.opening().empty());
}

TEST_CASE("unblock_account: a bot that was blocked on its own stays blocked") {
  BotFixture app;
  app.block("ci");
  CHECK(app.opening() == "nightly ");
  app.block("ada");
  app.unblock("ada");
  CHECK(app.opening() == "nightly ");
  app.block("ada");
  app.block("nightly");  // it was blocked with ada; now also on its own
  app.unblock("ada");
  CHECK(app.opening().empty());
  app.unblock("ci");
  app.unblock("nightly");
  CHECK(app.opening() == "ci nightly ");
}

TEST_CASE("unblock_account: with Bots::stay the bots stay blocked, each on its own") {
  BotFixture app;
  app.block("ada");
  app.unblock("ada", Bots::stay);
  app.log_in("ada");
  CHECK(app.opening().empty());
  app.block("ada", Bots::stay);
  app.unblock("ada");
  CHECK(app.opening().empty());
  app.unblock("ci");
  CHECK(app.opening() == "ci ");
}

TEST_CASE("block_account: tells when no administrator is left, or an organization has no owner") {
  BotFixture app;
  for (const char* login : {"chief", "deputy"}) {
    must(app::create_account(app.context, app.administrator,
                             {.login = login, .site_admin = true, .human = ""}));
  }
  must(
      app::create_account(app.context, app.administrator,
                          {.login = "acme", .kind = core::AccountKind::organization, .human = ""}));
  for (const char* login : {"ada", "chief"}) {
    must(app::set_member(app.context, app.administrator, "acme", login, "admin"));
  }
  CHECK_FALSE(app.block("deputy").was_last_administrator);
  const auto ada = app.block("ada");
  CHECK_FALSE(ada.was_last_administrator);
  CHECK(ada.without_owner.empty());
  const auto chief = app.block("chief");
  CHECK(chief.was_last_administrator);
  CHECK(chief.without_owner == std::vector<std::string>{"acme"});
  must(app::create_account(app.context, app.administrator, {.login = "eve", .human = ""}));
  CHECK_FALSE(app.block("eve").was_last_administrator);
}

TEST_CASE("unblock_account: deliveries of an inactive hook stay held") {
  BotFixture app;
  const app::RepositoryAccess access = app.add_bare("shop");
  core::HookInput input;
  input.config.emplace().url = "http://127.0.0.1:1/hook";
  input.events = std::vector<std::string>{"push"};
  const core::Hook hook = must(app::create_hook(app.context, access, input));
  core::HookInput inactive;
  inactive.active = false;
  must(app::update_hook(app.context, access, hook.id, inactive));
  app.block("ada");
  app.unblock("ada");
  CHECK(app.deliveries().size() == app.deliveries(core::DeliveryState::held).size());
  CHECK_FALSE(app.deliveries().empty());
}

TEST_CASE("block_account: refuses an organization, which has no tokens or hooks") {
  BotFixture app;
  must(
      app::create_account(app.context, app.administrator,
                          {.login = "acme", .kind = core::AccountKind::organization, .human = ""}));
  CHECK(app::block_account(app.context, app.administrator, "nobody").error().code ==
        ErrorCode::not_found);
  CHECK(app::unblock_account(app.context, app.administrator, "acme").error().reason_code ==
        "not_a_member");
}
