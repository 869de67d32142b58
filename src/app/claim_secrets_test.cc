#include "app/claim_secrets.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "app/environment_secrets.h"
#include "store/environment_secrets.h"
#include "store/environments.h"
#include "support/app_rows.h"
#include "support/claim_fixture.h"
#include "support/everyday.h"
#include "support/reason.h"

using namespace esclusa;
using core::DeploymentState;
using test::must;
using test::reason;
using namespace std::chrono_literals;

namespace {

/// Secrets and variables in environments of ada's repositories.
struct Fixture : test::ClaimFixture {
  void put_secret(const app::RepositoryAccess& place, const std::string& environment,
                  const std::string& name, const std::string& value) {
    must(write([&](store::Writer& tx) {
      const auto row = store::ensure_environment(tx, place.repository.id, environment, now);
      store::put_environment_secret(tx, context.sealer, row, name, Secret(value), now);
      store::insert_environment_variable(tx, row.id, {"VAR_" + name, value + "'s", now, now});
    }));
  }
  Result<core::OpenedSecrets> take(const app::RepositoryAccess& who, DeploymentId deployment,
                                   DeploymentClaimId fence, const core::SecretNames& names = {}) {
    return app::give_claim_secrets(context, who, deployment, fence, names);
  }
  static std::string text_of(const Result<core::OpenedSecrets>& opened) {
    if (!opened) return reason(opened);
    std::string text;
    for (const auto& secret : opened->secrets) {
      text += secret.name + "=" + secret.value.reveal() + " ";
    }
    for (const auto& variable : opened->variables) {
      text += variable.name + "=" + variable.value + " ";
    }
    return text;
  }
};

}  // namespace

TEST_CASE(
    "give_claim_secrets: the holder of a claim gets them once, and the audit log says which") {
  Fixture app;
  app.put_secret(app.ada, "production", "TOKEN", "canary");
  app.put_secret(app.ada, "qa", "TOKEN", "other");
  const auto agent = app.agent();
  const auto deployment = app.deploy();
  const auto claim = app.claim(agent, deployment);
  CHECK(Fixture::text_of(app.take(agent, deployment.id, claim.id)) ==
        "TOKEN=canary VAR_TOKEN=canary's ");
  CHECK(reason(app.take(agent, deployment.id, claim.id)) == "secrets_given");
  const auto audits = app.audits("claim.secrets");
  REQUIRE(audits.size() == 1);
  CHECK(audits[0].target == claim.id.value);
  CHECK(audits[0].detail.contains("TOKEN"));
  CHECK(audits[0].detail.contains("VAR_TOKEN"));
  CHECK_FALSE(audits[0].detail.contains("canary"));
  // The next claim of the deployment gets them anew.
  must(app::release_claim(app.context, agent, deployment.id, claim.id));
  const auto next = app.claim(agent, deployment);
  CHECK(reason(app.take(agent, deployment.id, claim.id)) == "claim_lost");
  using Names = std::vector<std::string>;
  CHECK(Fixture::text_of(app.take(agent, deployment.id, next.id, {Names{"token"}, Names{}})) ==
        "TOKEN=canary ");
}

TEST_CASE("give_claim_secrets: a refused request does not count as the one that got them") {
  Fixture app;
  app.put_secret(app.ada, "production", "TOKEN", "canary");
  const auto agent = app.agent(), other = app.agent();
  const auto deployment = app.deploy();
  const auto claim = app.claim(agent, deployment);
  using Names = std::vector<std::string>;
  CHECK(reason(app.take(agent, deployment.id, claim.id, {Names{"NONE"}, {}})) ==
        "secret_not_found");
  CHECK(reason(app.take(agent, deployment.id, claim.id, {{}, Names{"NONE"}})) ==
        "variable_not_found");
  CHECK(reason(app.take(other, deployment.id, claim.id)) == "claim_lost");
  CHECK(reason(app.take(app.ada, deployment.id, claim.id)) == "agent_token_required");
  CHECK(app.audits("claim.secrets").empty());
  CHECK(app.take(agent, deployment.id, claim.id));
}

TEST_CASE("give_claim_secrets: not after the end, whoever said it, nor by a token that has ended") {
  Fixture app;
  app.put_secret(app.ada, "production", "TOKEN", "canary");
  const auto agent = app.agent();
  const auto deployment = app.deploy();
  auto claim = app.claim(agent, deployment);
  app.pass(60s);
  CHECK(reason(app.take(agent, deployment.id, claim.id)) == "claim_lost");
  claim = app.claim(agent, deployment);
  app.report(app.ada, deployment, DeploymentState::failure);
  CHECK(reason(app.take(agent, deployment.id, claim.id)) == "claim_lost");

  const auto minted = app.mint();
  const auto revoked = app.enter(minted);
  const auto second = app.deploy();
  claim = app.claim(revoked, second);
  must(app::revoke_agent_token(app.context, app.administrator, minted.grant.token.id));
  const auto refused = app.take(revoked, second.id, claim.id);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::unauthenticated);

  const auto expiring = app.enter(app.mint({"production"}, "web-3", 30s));
  const auto third = app.deploy();
  claim = app.claim(expiring, third);
  app.pass(31s);
  CHECK(app.take(expiring, third.id, claim.id).error().code == ErrorCode::unauthenticated);
}

TEST_CASE("give_claim_secrets: those of the environment for which it was created") {
  Fixture app;
  app.put_secret(app.ada, "production", "TOKEN", "canary");
  app.put_secret(app.ada, "qa", "TOKEN", "harmless");
  const auto agent = app.agent({"qa"});
  const auto deployment = app.deploy("qa");
  const auto claim = app.claim(agent, deployment);
  // A status may name another environment. That opens nothing of it.
  must(app.try_report(app.ada, deployment, DeploymentState::queued, nullptr, "production"));
  CHECK(Fixture::text_of(app.take(agent, deployment.id, claim.id)) ==
        "TOKEN=harmless VAR_TOKEN=harmless's ");
}

namespace {

/// What the walk below believes of a deployment.
struct Believed {
  core::Deployment row;
  size_t repository = 0;
  std::string environment;
  bool is_open = true;  ///< released, not ended, not deleted
  bool has_started = false;
  std::optional<core::DeploymentClaim> claim = {};  ///< the latest one
  size_t owner = 0;                                 ///< of the claim: which token
  bool is_live = false;
  bool is_given = false;
  Timestamp ends_at{};
};

struct BelievedToken {
  core::MintedAgentToken minted;
  core::Actor actor;
  size_t repository = 0;
  std::vector<std::string> environments;
  bool is_usable = true;
};

/// Actors, repositories, environments and claims in all states, changed at random.
struct Walk : Fixture {
  explicit Walk(unsigned seed) : chance(seed) {
    places.push_back(ada);
    places.push_back(add(git, true, {}, "other"));
    for (size_t place = 0; place < places.size(); ++place) {
      for (const char* environment : {"production", "qa"}) {
        put_secret(places[place], environment, "TOKEN", canary(place, environment));
      }
    }
    for (size_t place = 0; place < places.size(); ++place) {
      add_token(place, {"production"});
      add_token(place, {"production"});
      add_token(place, {"qa"});
      add_token(place, {"production", "qa"});
    }
    others = {core::Actor::nobody(), core::Actor::local_administrator(), core::Actor::timer(),
              ada.actor, core::Actor::by_session(account("ada"))};
    must(write([&](store::Writer& tx) {
      const auto app = test::add_app(tx, account("ada"), "shop", "deployments=write,secrets=write");
      const auto installation = test::add_installation(tx, app, account("ada"));
      others.push_back(
          core::Actor::by_installation(test::add_grant(tx, installation, "digest of shop")));
    }));
    for (int i = 0; i < 12; ++i) add_deployment();
  }

  static std::string canary(size_t place, const std::string& environment) {
    return "canary-" + std::to_string(place) + "-" + environment;
  }
  size_t pick(size_t count) { return chance() % count; }

  void add_token(size_t place, const std::vector<std::string>& environments) {
    auto minted = must(app::create_agent_token(context, administrator,
                                               {.owner = "ada",
                                                .repository = places[place].repository.name,
                                                .environments = environments,
                                                .name = "web"}));
    const auto actor = must(authenticate(minted)).in_request("walk");
    tokens.push_back({std::move(minted), actor, place, environments});
  }
  void add_deployment() {
    const size_t place = pick(places.size());
    core::NewDeployment input;
    input.ref = "main";
    input.environment = pick(2) == 0 ? "production" : "qa";
    input.task = "task-" + std::to_string(++deployment_count);  // none supersedes another
    Believed made{AppFixture::deploy(places[place], input), place, input.environment};
    if (deployments.size() < 24) {
      deployments.push_back(made);
    } else {
      deployments[pick(deployments.size())] = made;
    }
  }
  app::RepositoryAccess as(const core::Actor& actor, size_t place) {
    app::RepositoryAccess access = places[place];
    access.actor = actor;
    return access;
  }

  /// Something that an agent or somebody else does.
  void change_something() {
    Believed& one = deployments[pick(deployments.size())];
    const auto place = places[one.repository];
    switch (pick(10)) {
      case 0: return add_deployment();
      case 1: return pass(std::chrono::seconds(pick(40)));
      case 2: return end(one, place);
      case 3: return release(one);
      case 4: return start(one);
      case 5: return change_token();
      default: return claim_it(one);
    }
  }
  void claim_it(Believed& one) {
    const size_t token = pick(tokens.size());
    const auto claimed = try_claim(as(tokens[token].actor, one.repository), one.row, 60);
    if (!claimed) return;
    one.claim = *claimed;
    one.owner = token;
    one.is_live = true;
    one.is_given = false;
    one.ends_at = now + 60s;
  }
  void release(Believed& one) {
    if (!one.claim) return;
    const auto who = as(tokens[one.owner].actor, one.repository);
    if (app::release_claim(context, who, one.row.id, one.claim->id)) one.is_live = false;
  }
  void start(Believed& one) {
    if (!one.claim) return;
    const auto who = as(tokens[one.owner].actor, one.repository);
    try_report(who, one.row, DeploymentState::in_progress, &*one.claim);
  }
  void end(Believed& one, const app::RepositoryAccess& place) {
    if (pick(3) != 0) return;
    if (!try_report(place, one.row, DeploymentState::failure)) return;
    one.is_open = one.is_live = false;
  }
  void change_token() {
    if (pick(20) != 0) return;
    BelievedToken& token = tokens[pick(tokens.size())];
    if (!token.is_usable) return;
    must(app::revoke_agent_token(context, administrator, token.minted.grant.token.id));
    token.is_usable = false;
    add_token(token.repository, std::vector<std::string>(token.environments));
  }

  /// One request for secrets. Whether it got them; a wrong outcome is counted.
  bool try_one() {
    size_t index = pick(deployments.size());
    for (int i = 0; i < 5 && !deployments[index].is_live; ++i) index = pick(deployments.size());
    Believed& one = deployments[index];
    const Believed& elsewhere = deployments[pick(deployments.size())];
    const bool is_by_agent = pick(5) != 0;
    // Half of the requests are as right as the state of the claim allows.
    const bool is_plausible = is_by_agent && one.claim && pick(2) == 0;
    const size_t token = is_plausible ? one.owner : pick(tokens.size());
    const size_t place = is_plausible ? one.repository : pick(places.size());
    const Believed& named = is_plausible || pick(2) == 0 ? one : elsewhere;
    const DeploymentClaimId fence =
        named.claim && pick(8) != 0 ? named.claim->id : DeploymentClaimId{int64_t(pick(60) + 1)};
    const core::Actor actor = is_by_agent ? tokens[token].actor : others[pick(others.size())];

    const BelievedToken& by = tokens[token];
    const bool is_right =
        is_by_agent && by.is_usable && by.repository == one.repository && place == one.repository &&
        std::ranges::find(by.environments, one.environment) != by.environments.end() &&
        one.is_open && one.claim && one.is_live && one.owner == token && one.claim->id == fence &&
        now < one.ends_at && !one.is_given;
    const auto opened = take(as(actor, place), one.row.id, fence);
    if (opened) one.is_given = true;
    const std::string value = canary(one.repository, one.environment);
    const bool has_right_ones =
        opened && text_of(opened) == "TOKEN=" + value + " VAR_TOKEN=" + value + "'s ";
    const bool is_wrong = opened.has_value() != is_right || (opened && !has_right_ones);
    if (is_wrong) {
      ++wrong;
      MESSAGE("expected " << is_right << ", got " << text_of(opened) << " by " << actor.name());
    }
    return opened.has_value();
  }

  std::mt19937 chance;
  std::vector<app::RepositoryAccess> places;
  std::vector<BelievedToken> tokens;
  std::vector<core::Actor> others;
  std::vector<Believed> deployments;
  int deployment_count = 0;
  int wrong = 0;
};

}  // namespace

TEST_CASE("give_claim_secrets: of 10,000 tries none gets what is not its own, and right ones do") {
  Walk walk(18);
  const int tries = test::is_everyday() ? 1000 : 10'000;
  int got = 0;
  for (int i = 0; i < tries && walk.wrong < 10; ++i) {
    walk.change_something();
    got += walk.try_one();
  }
  CHECK(walk.wrong == 0);
  CHECK(got > tries / 100);
  CHECK(walk.audits("claim.secrets").size() == static_cast<size_t>(got));
}
