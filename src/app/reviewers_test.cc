#include "app/reviewers.h"

#include <doctest/doctest.h>

#include <map>

#include "app/environments.h"
#include "app/gate_report.h"
#include "app/members.h"
#include "app/reviews.h"
#include "app/teams.h"
#include "app/timers.h"
#include "core/operations/code.h"
#include "core/operations/people.h"
#include "support/app_fixture.h"

using namespace esclusa;
using test::must;

namespace {

/// The organization acme with a public repository, whose environment `production` requires a review
/// by the secret team `red`, by grace, or by the closed team `ops`. chief owns acme, grace is a
/// member of red, steve is an admin of the repository but in no team, and stranger has no role at
/// all.
struct TeamReviewFixture : test::AppFixture {
  TeamReviewFixture() {
    git.commit("main", "a", "1");
    for (const char* login : {"chief", "grace", "steve", "stranger"}) {
      must(app::create_account(context, administrator, {.login = login, .human = ""}));
    }
    must(app::create_repository(context, administrator,
                                {.owner = "acme",
                                 .name = "shop",
                                 .path = git.path().string(),
                                 .visibility = core::Visibility::is_public,
                                 .auto_merge = {}}));
    must(app::set_member(context, administrator, "acme", "chief", "admin"));
    const app::OrganizationAccess owner = enter_acme();
    for (auto privacy : {core::TeamPrivacy::secret, core::TeamPrivacy::closed}) {
      const bool is_secret = privacy == core::TeamPrivacy::secret;
      const char* slug = is_secret ? "red" : "ops";
      teams.push_back(must(app::create_team(context, owner,
                                            {.name = slug,
                                             .description = "",
                                             .privacy = privacy,
                                             .maintainers = {},
                                             .repo_names = {"acme/shop"}}))
                          .team.id);
    }
    must(app::set_team_membership(context, owner, "red", "grace", core::TeamRole::member));
    for (const char* login : {"grace", "steve"}) {
      must(app::grant_role(context, administrator, "acme", "shop", login, core::Role::admin));
    }
    core::EnvironmentChange change;
    change.reviewers = std::vector<core::ReviewerId>{teams[0], id_of("grace"), teams[1]};
    must(app::put_environment(context, open("chief"), "production", change));
  }

  /// The organization, as its owner chief.
  app::OrganizationAccess enter_acme() {
    const core::Actor chief = log_in("chief", "admin:org");
    return must(read([&](store::Reader& db) {
      return app::enter(db, chief, app::OrganizationPlace("acme"), core::operations::create_team);
    }));
  }
  app::RepositoryAccess open(const std::string& login) {
    const core::Actor actor = login.empty() ? core::Actor::nobody() : log_in(login);
    return must(read([&](store::Reader& db) {
      return app::enter(db, actor, app::RepositoryName{"acme", "shop"},
                        core::operations::get_repository);
    }));
  }
  AccountId id_of(const std::string& login) { return log_in(login).sender().id; }
  core::EnvironmentDetails production(const app::RepositoryAccess& viewer) {
    return must(
        read([&](store::Reader& db) { return app::get_environment(db, viewer, "production"); }));
  }

  static std::string names_of(const std::vector<core::ReviewerProfile>& reviewers) {
    std::string names;
    for (const auto& reviewer : reviewers) {
      const auto* team = std::get_if<core::Team>(&reviewer);
      names += (team != nullptr ? team->slug : std::get<core::Account>(reviewer).login) + " ";
    }
    return names;
  }
  static std::string openers_of(const std::vector<core::GateVerdict>& verdicts) {
    std::string names;
    for (const auto& opener : verdicts.at(0).openers) names += opener.name + " ";
    return names;
  }
  std::string named_to(const app::RepositoryAccess& viewer) {
    return names_of(production(viewer).reviewers);
  }
  core::Deployment hold() {
    core::NewDeployment input;
    input.ref = "main";
    return deploy(open("steve"), input);
  }

  test::GitFixture git;
  std::vector<TeamId> teams;  ///< red, ops
};

}  // namespace

TEST_CASE("answers name a secret team only to its members and to owners") {
  TeamReviewFixture app;
  const auto held = app.hold();
  const std::string all = "red grace ops ", fewer = "grace ops ";
  for (const auto& [login, names] : std::map<std::string, std::string>{
           {"", fewer}, {"stranger", fewer}, {"steve", fewer}, {"grace", all}, {"chief", all}}) {
    CAPTURE(login);
    const auto viewer = app.open(login);
    const bool sees_all = names == all;
    CHECK(app.named_to(viewer) == names);
    const auto listed =
        must(app.read([&](store::Reader& db) { return app::list_environments(db, viewer, {}); }));
    CHECK(app.names_of(listed.items.at(0).reviewers) == names);
    const auto pending =
        must(app.read([&](store::Reader& db) { return app::find_pending(db, viewer, held.id); }));
    CHECK(app.names_of(test::found(pending).environment.reviewers) == names);
    const std::string openers = sees_all ? "acme/red grace acme/ops " : "grace acme/ops ";
    const auto report = must(app.read(
        [&](store::Reader& db) { return app::explain_gates(app.context, db, viewer, held.id); }));
    CHECK(app.openers_of(report.verdicts) == openers);
    CHECK(report.verdicts[0].message.contains("Not everybody") == !sees_all);
    if (login.empty()) continue;
    core::NewDeployment input;
    input.ref = "main";
    CHECK(app.openers_of(must(app::dry_run(app.context, viewer, input)).gates) == openers);
  }
}

TEST_CASE("events about reviews never name a secret team") {
  TeamReviewFixture app;
  const auto held = app.hold();
  const auto environment = app.production(app.open(""));
  must(app::review_deployment(app.context, app.open("grace"), held.id,
                              {{environment.id}, core::ReviewState::approved, ""}));
  const std::string bodies = lines_of(app.events(), &test::StoredEvent::body);
  CHECK(app.events("deployment_review").size() == 2);
  CHECK(bodies.contains("\"slug\":\"ops\""));
  CHECK_FALSE(bodies.contains("\"red\""));
}

TEST_CASE("put_environment: reviewers that the author cannot see stay, and cannot be named") {
  TeamReviewFixture app;
  const auto steve = app.open("steve"), chief = app.open("chief");
  const auto rule_id = [&] {
    const auto environment = must(
        app.read([&](store::Reader& db) { return app::get_environment(db, chief, "production"); }));
    return environment.rules.at(0).id;
  };
  const auto before = rule_id();
  auto put = [&](const app::RepositoryAccess& author, std::vector<core::ReviewerId> reviewers) {
    core::EnvironmentChange change;
    change.reviewers = std::move(reviewers);
    auto changed = app::put_environment(app.context, author, "production", change);
    return changed ? app.names_of(changed->reviewers) : changed.error().reason_code;
  };
  // Nothing changes that steve can see, and approvals still count.
  CHECK(put(steve, {app.id_of("grace"), app.teams[1]}) == "grace ops ");
  CHECK(app.named_to(chief) == "red grace ops ");
  CHECK(rule_id() == before);
  CHECK(put(steve, {app.teams[0]}) == "invalid_reviewers");
  const TeamId foreign = must(app.write([](store::Writer& tx) {
    const auto other = test::add_account(tx, "other", core::AccountKind::organization);
    return test::add_team(tx, other, "builders").id;
  }));
  CHECK(put(chief, {foreign}) == "invalid_reviewers");  // of another organization
  CHECK(put(steve, {app.id_of("steve")}) == "steve ");
  CHECK(app.named_to(chief) == "red steve ");
  CHECK(put(steve, {}) == "");
  CHECK(app.named_to(chief) == "red ");
  std::vector<core::ReviewerId> six = {app.teams[1]};
  for (const char* login : {"grace", "steve", "chief"}) six.emplace_back(app.id_of(login));
  for (const char* login : {"fay", "gil"}) {
    must(app::create_account(app.context, app.administrator, {.login = login, .human = ""}));
    must(app::grant_role(app.context, app.administrator, "acme", "shop", login, core::Role::read));
    six.emplace_back(app.id_of(login));
  }
  CHECK(put(steve, six) == "invalid_reviewers");
  CHECK(put(chief, six) == "ops grace steve chief fay gil ");
  CHECK(put(chief, {}) == "");
  CHECK(app.named_to(chief) == "");
}

TEST_CASE("review_deployment: a person removed from the organization can no longer approve") {
  TeamReviewFixture app;
  core::EnvironmentChange two;
  two.required_approvals = 2;
  must(app::put_environment(app.context, app.open("chief"), "production", two));
  const auto held = app.hold();
  const auto environment = app.production(app.open(""));
  auto approve = [&](const app::RepositoryAccess& who) {
    return app::review_deployment(app.context, who, held.id,
                                  {{environment.id}, core::ReviewState::approved, ""});
  };
  const auto grace = app.open("grace");
  must(approve(grace));
  const app::OrganizationAccess owner = app.enter_acme();
  must(app::remove_member(app.context, owner, "grace"));
  must(app::set_team_membership(app.context, owner, "ops", "steve", core::TeamRole::member));
  CHECK(must(approve(app.open("steve"))).phase == core::DeploymentPhase::held);
  CHECK(approve(grace).error().reason_code == "not_a_reviewer");
  must(app::set_team_membership(app.context, owner, "red", "grace", core::TeamRole::member));
  app::GateTimer(app.context).look_at_all();
  CHECK(app.events("deployment").size() == 1);
}
