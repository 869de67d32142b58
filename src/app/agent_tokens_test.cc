#include "app/agent_tokens.h"

#include <doctest/doctest.h>

#include "app/apps.h"
#include "app/blocking.h"
#include "app/feed.h"
#include "support/app_jwt.h"
#include "support/claim_fixture.h"
#include "support/reason.h"

using namespace esclusa;
using test::ClaimFixture;
using test::must;
using test::reason;
using namespace std::chrono_literals;

TEST_CASE(
    "create_agent_token: a bot for all agents, and a token for environments of a repository") {
  ClaimFixture app;
  const auto minted = app.mint({"production", "Staging", "staging"}, "web-1", 24h * 90);
  CHECK(minted.text.reveal().starts_with("esca_"));
  CHECK(minted.grant.environments.size() == 2);
  CHECK(minted.grant.account.login == "esclusa-agent[bot]");
  CHECK(minted.grant.account.kind == core::AccountKind::bot);
  CHECK(minted.grant.token.expires_at == app.now + 24h * 90);
  const auto second = app.mint({"production"}, "web-2");
  CHECK(second.grant.account.id == minted.grant.account.id);
  // An environment that is named is not made.
  CHECK(app.row_count("environment") == 0);

  const auto listed = must(
      app.read([](store::Reader& db) { return app::list_agent_tokens(db, "ADA", "Application"); }));
  REQUIRE(listed.size() == 2);
  CHECK(listed[0].token.name == "web-1");
  CHECK(listed[0].environments == minted.grant.environments);

  const auto audits = app.audits("agent_token.");
  REQUIRE(audits.size() == 2);
  CHECK(audits[0].action == "agent_token.create");
  CHECK(audits[0].detail == R"({"name":"web-1","environments":["production","Staging"]})");
  for (const auto& row : app.audits()) CHECK_FALSE(row.detail.contains("esca_"));
}

TEST_CASE("create_agent_token: refuses what is none of the repository's, and wrong names") {
  ClaimFixture app;
  const auto refusal = [&](core::NewAgentToken input) {
    if (input.owner.empty()) input.owner = "ada";
    if (input.repository.empty()) input.repository = "application";
    return reason(app::create_agent_token(app.context, app.administrator, input));
  };
  const auto with = [](std::vector<std::string> environments, std::string name = "") {
    return core::NewAgentToken{
        .owner = "", .repository = "", .environments = std::move(environments), .name = name};
  };
  CHECK(refusal(with({})) == "environment_required");
  CHECK(refusal(with(std::vector<std::string>(101, "a"))) == "too_many_environments");
  CHECK(refusal(with({"production"}, "a\nb")) == "invalid_name");
  CHECK(refusal(with({"production"}, std::string(256, 'a'))) == "too_long");
  CHECK(refusal(with({" production"})) == "invalid_environment_name");
  CHECK(refusal(with({""})) != "");
  auto elsewhere = with({"production"});
  elsewhere.repository = "absent";
  CHECK(refusal(elsewhere) != "");
  CHECK(app.row_count("agent_token") == 0);
}

TEST_CASE("agent tokens: what is revoked, expired or of a blocked bot acts no more") {
  ClaimFixture app;
  const auto minted = app.mint(), expiring = app.mint({"production"}, "", 1h);
  CHECK(must(app.authenticate(minted)).agent()->token.id == minted.grant.token.id);
  CHECK(must(app.authenticate(expiring)).name() ==
        "agent token " + std::to_string(expiring.grant.token.id.value));
  must(app::revoke_agent_token(app.context, app.administrator, minted.grant.token.id));
  CHECK(app.audits("agent_token.revoke").size() == 1);
  const auto refused = app.authenticate(minted);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::unauthenticated);
  CHECK(reason(app::revoke_agent_token(app.context, app.administrator, minted.grant.token.id)) ==
        "not found");
  app.pass(1h);
  CHECK_FALSE(app.authenticate(expiring));
  const auto last = app.mint();
  must(app.authenticate(last));
  must(app::block_account(app.context, app.administrator, "esclusa-agent[bot]", app::Bots::along));
  CHECK_FALSE(app.authenticate(last));
}

TEST_CASE("agent tokens: their last use is noted") {
  ClaimFixture app;
  const auto minted = app.mint();
  must(app.authenticate(minted));
  app.token_use.flush(app.context.database);
  const auto listed = must(
      app.read([](store::Reader& db) { return app::list_agent_tokens(db, "ada", "application"); }));
  CHECK(listed.at(0).token.last_used_at == app.now);
}

TEST_CASE("the bot of agents: nobody else gets its login, a token, a role or a membership") {
  ClaimFixture app;
  const std::string bot = app.mint().grant.account.login;
  CHECK(reason(app::create_token(app.context, app.administrator,
                                 {.login = bot, .name = "", .scopes = "", .expires_in = {}})) ==
        "bot_of_agents");
  CHECK(reason(app::grant_role(app.context, app.administrator, "ada", "application", bot,
                               core::Role::write)) == "bot_of_agents");
  must(app::create_account(
      app.context, app.administrator,
      {.login = "works", .kind = core::AccountKind::organization, .human = ""}));
  CHECK(reason(app::set_member(app.context, app.administrator, "works", bot, "member")) ==
        "bot_of_agents");
  for (const char* name : {"Esclusa Agent", "esclusa-agent"}) {
    CHECK(reason(app::create_app(
              app.context, app.administrator,
              {.name = name, .owner = "ada", .public_key = test::app_key().public_key.pem})) ==
          "slug_taken");
  }
}

TEST_CASE("read_feed: an agent hears of the deployments of its environments alone") {
  ClaimFixture app;
  const core::Actor actor = must(app.authenticate(app.mint({"staging"})));
  const auto own = app.deploy("staging"), other = app.deploy("production");
  app.report(app.ada, own, core::DeploymentState::queued);
  app.report(app.ada, other, core::DeploymentState::queued);
  // It counts for which environment a deployment was made.
  must(app.try_report(app.ada, own, core::DeploymentState::queued, nullptr, "production"));
  must(app.try_report(app.ada, other, core::DeploymentState::queued, nullptr, "staging"));
  const auto read = [&] {
    const auto end = must(app::feed_end(app.context));
    std::string text;
    for (const auto& one :
         must(app::read_feed(app.context, {actor, {}}, 0, end.settled, 100)).events) {
      CHECK(one->json.contains("\"id\":" + std::to_string(own.id.value) + ","));
      text += one->kind + "\n";
    }
    return text;
  };
  CHECK(read() == "deployment\ndeployment_status\ndeployment_status\n");
  const auto everything = must(app::feed_end(app.context)).settled;
  CHECK(must(app::read_feed(app.context, {app.ada.actor, {}}, 0, everything, 100)).events.size() ==
        6);
  must(app::delete_deployment(app.context, app.ada, own.id));
  CHECK(read() == "");
}

TEST_CASE("renew_access: a stream ends when the agent's token does") {
  ClaimFixture app;
  const auto minted = app.mint();
  app::Feed feed{must(app.authenticate(minted)), app.ada.repository.id};
  must(app::renew_access(app.context, feed));
  must(app::revoke_agent_token(app.context, app.administrator, minted.grant.token.id));
  CHECK_FALSE(app::renew_access(app.context, feed));
}
