#include "app/deployments.h"

#include <doctest/doctest.h>

#include "app/check_runs.h"
#include "app/commit_statuses.h"
#include "app/deployment_texts.h"
#include "base/json.h"
#include "base/limits.h"
#include "support/app_fixture.h"

using namespace esclusa;
using core::DeploymentState;
using test::AppFixture;
using test::at;
using test::GitFixture;
using test::must;

namespace {

core::NewDeployment to_deploy(const std::string& ref, const std::string& environment = "staging") {
  core::NewDeployment input;
  input.ref = ref;
  input.environment = environment;
  return input;
}

/// A repository whose branch `topic` lacks a commit of `main`.
struct BehindFixture : GitFixture {
  std::string first = commit("main", "a", "1");
  std::string topic = (branch("topic", first), commit("topic", "b", "1"));
  std::string main = commit("main", "a", "2");
};

bool is_kept(const GitFixture& git, const std::string& sha) {
  return !git.git({"for-each-ref", "refs/deployments/" + sha}).empty();
}

}  // namespace

TEST_CASE("create_deployment: records the commit, its event, its deliveries and an audit row") {
  AppFixture app;
  GitFixture git;
  const std::string sha = git.commit("main", "a", "1");
  const auto access = app.add(git);
  must(app::create_hook(
      app.context, access,
      {.config = core::HookConfig{.url = "http://127.0.0.1:1/", .secret = std::nullopt},
       .events = std::vector<std::string>{"deployment"},
       .add_events = {},
       .remove_events = {},
       .active = true}));
  const auto audits = app.audits().size();
  app.told = {};
  app.now = at(42);
  auto input = to_deploy("main");
  input.task = "deploy:blue";
  input.payload = R"({"a":1})";
  input.description = "first";
  input.transient_environment = true;
  const auto made = app.deploy(access, input);

  const auto read =
      must(app.read([&](store::Reader& db) { return app::get_deployment(db, access, made.id); }));
  CHECK(made.id == read.id);
  CHECK(read.sha == sha);
  CHECK(read.ref == "main");
  CHECK(read.task == "deploy:blue");
  CHECK(read.payload == R"({"a":1})");
  CHECK(read.description == "first");
  CHECK(read.transient_environment);
  CHECK_FALSE(read.production_environment);
  CHECK(read.environment.name == "staging");
  CHECK(read.creator.login == "ada");
  CHECK(read.phase == core::DeploymentPhase::released);
  CHECK_FALSE(read.state.has_value());
  CHECK(read.created_at == at(42));
  REQUIRE(app.announced_events("deployment").size() == 1);
  CHECK(app.announced_events("deployment")[0].event.event_no == 1);
  CHECK(std::ranges::count(app.deliveries(core::DeliveryState::pending), "deployment",
                           &test::StoredDelivery::event) == 1);
  CHECK(app.audits().size() == audits + 1);
  REQUIRE(app.audits("deployment.create").size() == 1);
  CHECK(app.audits("deployment.create")[0].request_id == "request-1");
  CHECK(app.audits("deployment.create")[0].target == made.id.value);
  CHECK(app.told.events);
  CHECK(app.told.deliveries);
}

TEST_CASE("create_deployment: the event's body is the deployment as it was created") {
  AppFixture app;
  GitFixture git;
  const std::string sha = git.commit("main", "a", "1");
  const auto access = app.add(git);
  const auto made = app.deploy(access, to_deploy("main"));
  auto body = must(Json::parse(lines_of(app.events(), &test::StoredEvent::body)));
  CHECK(body.string_at("action") == "created");
  CHECK(body.find("deployment")->integer_at("id") == made.id.value);
  CHECK(body.string_at("deployment", "sha") == sha);
  CHECK(body.string_at("deployment", "environment") == "staging");
  CHECK(body.string_at("repository", "full_name") == "ada/application");
  CHECK(body.string_at("sender", "login") == "ada");
}

TEST_CASE("create_deployment: resolves branches, tags and commits; peels tags to their commit") {
  AppFixture app;
  GitFixture git;
  const std::string sha = git.commit("main", "a", "1");
  git.tag("light", sha);
  git.annotated_tag("v1", sha);
  const auto access = app.add(git);
  for (const std::string& ref : {std::string("main"), std::string("refs/heads/main"),
                                 std::string("light"), std::string("v1"), sha, sha.substr(0, 8)}) {
    CAPTURE(ref);
    const auto made = app.deploy(access, to_deploy(ref));
    CHECK(made.sha == sha);
    CHECK(made.ref == ref);
  }
}

TEST_CASE("create_deployment: 422 for a ref that does not resolve, and nothing is recorded") {
  AppFixture app;
  GitFixture git;
  git.commit("main", "a", "1");
  const auto access = app.add(git);
  const auto audits = app.audits().size();
  for (const char* ref : {"nope", "main~1", "--help", "0000000000000000000000000000000000000000"}) {
    CAPTURE(ref);
    auto refused = app::create_deployment(app.context, access, to_deploy(ref));
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == ErrorCode::invalid);
    CHECK(refused.error().reason_code == "ref_not_found");
    CHECK(refused.error().message == "No ref found for: " + std::string(ref));
  }
  CHECK(app.row_count("deployment") == 0);
  CHECK(app.row_count("environment_name") == 0);
  CHECK(app.events().size() == 0);
  CHECK(app.audits().size() == audits);
  CHECK_FALSE(app.told.any());
}

TEST_CASE("create_deployment: refuses invalid fields before it asks git") {
  AppFixture app;
  GitFixture git;
  git.commit("main", "a", "1");
  const auto access = app.add(git);
  for (auto input : {to_deploy(""), to_deploy("main", ""), to_deploy("main", "a\nb")}) {
    auto refused = app::create_deployment(app.context, access, input);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == ErrorCode::invalid);
    CHECK(refused.error().reason_code != "ref_not_found");
  }
}

TEST_CASE("create_deployment: without auto_merge a branch that is behind deploys as it is") {
  AppFixture app;
  BehindFixture git;
  const auto access = app.add(git);
  auto as_it_is = to_deploy("topic");
  as_it_is.auto_merge = false;
  CHECK(app.deploy(access, as_it_is).sha == git.topic);
  CHECK(app.deploy(access, to_deploy("main")).sha == git.main);
}

TEST_CASE("create_deployment: 409 for an unexpected commit, and no ref or row is written") {
  AppFixture app;
  BehindFixture git;
  const auto access = app.add(git);
  auto input = to_deploy("main");
  input.expected_sha = git.topic;
  auto refused = app::create_deployment(app.context, access, input);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == ErrorCode::conflict);
  CHECK(refused.error().reason_code == "expected_sha_mismatch");
  CHECK(app.row_count("deployment") == 0);
  CHECK_FALSE(is_kept(git, git.main));
  input.expected_sha = git.main;
  CHECK(app.deploy(access, input).sha == git.main);
}

TEST_CASE("create_deployment: required contexts are those reported for exactly this commit") {
  AppFixture app;
  GitFixture git;
  const std::string old = git.commit("main", "a", "1");
  const std::string sha = git.commit("main", "a", "2");
  const auto access = app.add(git);
  auto report = [&](const std::string& commit, const char* context, core::CommitState state) {
    must(app::create_commit_status(app.context, access, commit,
                                   {.context = context, .state = state}));
  };
  auto reason = [&](std::optional<std::vector<std::string>> required) {
    auto input = to_deploy("main");
    input.required_contexts = std::move(required);
    auto made = app::create_deployment(app.context, access, input);
    return made ? std::string("created") : made.error().reason_code;
  };
  using Names = std::vector<std::string>;
  report(old, "ci/build", core::CommitState::failure);
  CHECK(reason(std::nullopt) == "created");
  CHECK(reason(Names{"ci/build"}) == "required_contexts");
  report(sha, "ci/build", core::CommitState::pending);
  CHECK(reason(std::nullopt) == "required_contexts");
  CHECK(reason(Names{}) == "created");
  report(sha, "CI/Build", core::CommitState::success);
  CHECK(reason(std::nullopt) == "created");
  CHECK(reason(Names{"ci/BUILD"}) == "created");

  core::CheckRunInput run;
  run.head_sha = sha;
  run.name = "lint";
  const auto made = must(app::create_check_run(app.context, access, run));
  CHECK(reason(std::nullopt) == "required_contexts");
  CHECK(reason(Names{"ci/build"}) == "created");
  core::CheckRunInput done;
  done.conclusion = core::CheckConclusion::success;
  must(app::update_check_run(app.context, access, made.id, done));
  CHECK(reason(std::nullopt) == "created");
  CHECK(reason(Names{"lint"}) == "created");
}

TEST_CASE("create_deployment: a used key returns the same deployment for a day") {
  AppFixture app;
  GitFixture git;
  git.commit("main", "a", "1");
  const auto access = app.add(git);
  const core::IdempotencyKey key{"key-1", "digest-1"};
  auto create = [&](const app::RepositoryAccess& as, const core::IdempotencyKey& with) {
    return app::create_deployment(app.context, as, to_deploy("main"), with);
  };
  auto id = [](const Result<app::CreateOutcome>& made) {
    return std::get<core::Deployment>(must(made)).id;
  };
  const DeploymentId first = id(create(access, key));
  const std::string moved_on = git.commit("main", "a", "2");
  CHECK(id(create(access, key)) == first);
  CHECK(app.row_count("deployment") == 1);
  CHECK(app.events("deployment").size() == 1);

  auto other_body = create(access, {"key-1", "digest-2"});
  REQUIRE_FALSE(other_body.has_value());
  CHECK(other_body.error().code == ErrorCode::invalid);
  CHECK(other_body.error().reason_code == "idempotency_key_reused");

  must(app::create_account(app.context, app.administrator, {.login = "bob", .human = ""}));
  must(app::grant_role(app.context, app.administrator, "ada", "application", "bob",
                       core::Role::write));
  const auto bob = app.open("bob", "application");
  CHECK(id(create(bob, key)) != first);  // keys of different accounts are independent

  app.now += limits::idempotency_time;
  CHECK(id(create(access, key)) == first);
  app.now += std::chrono::microseconds(1);
  const DeploymentId later = id(create(access, key));
  CHECK(later != first);
  CHECK(app.row_count("idempotency_key") == 2);  // the others are pruned when they are as old

  must(app::delete_deployment(app.context, access, later));
  auto spent = create(access, key);
  REQUIRE_FALSE(spent.has_value());
  CHECK(spent.error().reason_code == "idempotency_key_spent");
}

TEST_CASE("create_deployment: a used key returns its deployment, though the ref is gone") {
  AppFixture app;
  GitFixture git;
  git.branch("topic", git.commit("main", "a", "1"));
  const auto access = app.add(git);
  const core::IdempotencyKey key{"key-1", "digest-1"};
  auto create = [&] {
    return std::get<core::Deployment>(
        must(app::create_deployment(app.context, access, to_deploy("topic"), key)));
  };
  const DeploymentId first = create().id;
  git.git({"branch", "-D", "topic"});
  CHECK(create().id == first);
}

TEST_CASE("create_deployment: a key does not store a refusal or a merge") {
  AppFixture app;
  BehindFixture git;
  const auto access = app.add(git);
  const core::IdempotencyKey key{"key-1", "digest"};
  CHECK_FALSE(app::create_deployment(app.context, access, to_deploy("nope"), key));
  CHECK(app.row_count("idempotency_key") == 0);
  auto merged = must(app::create_deployment(app.context, access, to_deploy("topic"), key));
  CHECK(std::holds_alternative<app::AutoMerged>(merged));
  CHECK(app.row_count("idempotency_key") == 0);
  auto made = must(app::create_deployment(app.context, access, to_deploy("topic"), key));
  CHECK(std::holds_alternative<core::Deployment>(made));
}

TEST_CASE("create_deployment: a branch that is ahead or up to date is deployed as it is") {
  AppFixture app;
  GitFixture git;
  const std::string base = git.commit("main", "a", "1");
  git.branch("level", base);
  git.branch("ahead", base);
  const std::string ahead = git.commit("ahead", "b", "1");
  const auto access = app.add(git);
  CHECK(app.deploy(access, to_deploy("level")).sha == base);
  CHECK(app.deploy(access, to_deploy("ahead")).sha == ahead);
}

TEST_CASE("create_deployment: in a read-only repository a branch that is behind deploys as it is") {
  AppFixture app;
  BehindFixture git;
  const auto access = app.add(git, false);
  CHECK(app.deploy(access, to_deploy("topic")).sha == git.topic);
}

TEST_CASE("create_deployment: 409 for a branch that is behind, if the policy is `refuse`") {
  AppFixture app;
  BehindFixture git;
  const auto access = app.add(git, false, core::MergePolicy::refuse);
  auto refused = app::create_deployment(app.context, access, to_deploy("topic"));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == ErrorCode::conflict);
  CHECK(refused.error().reason_code == "auto_merge_refused");
}

TEST_CASE("create_deployment: a hidden ref keeps the commit, in a writable repository only") {
  AppFixture app;
  GitFixture writable, read_only;
  const std::string kept = writable.commit("main", "a", "1");
  read_only.commit("main", "a", "1");
  const auto first = app.add(writable, true, {}, "writable");
  const auto second = app.add(read_only, false, {}, "read-only");
  const std::string refs = read_only.git({"for-each-ref"});
  app.deploy(first, to_deploy("main"));
  app.deploy(first, to_deploy("main"));  // a ref keeps it already
  app.deploy(second, to_deploy("main"));
  CHECK(is_kept(writable, kept));
  CHECK(read_only.git({"for-each-ref"}) == refs);
}

TEST_CASE("create_deployment: 503 if the repository has vanished") {
  AppFixture app;
  auto git = std::make_unique<GitFixture>();
  git->commit("main", "a", "1");
  const auto access = app.add(*git);
  git.reset();
  auto refused = app::create_deployment(app.context, access, to_deploy("main"));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == ErrorCode::unavailable);
}

TEST_CASE("create_deployment: creates an unknown environment, which keeps its first spelling") {
  AppFixture app;
  GitFixture git;
  git.commit("main", "a", "1");
  const auto access = app.add(git);
  auto first = app.deploy(access, to_deploy("main", "Staging"));
  auto second = app.deploy(access, to_deploy("main", "sTAGING"));
  CHECK(second.environment.id == first.environment.id);
  CHECK(second.environment.name == "Staging");
  CHECK(app.row_count("environment_name") == 1);
}

TEST_CASE(
    "create_deployment: the name decides production_environment, unless the request sets it") {
  AppFixture app;
  GitFixture git;
  git.commit("main", "a", "1");
  const auto access = app.add(git);
  auto is_production = [&](const std::string& environment, std::optional<bool> given) {
    auto input = to_deploy("main", environment);
    input.production_environment = given;
    return app.deploy(access, input).production_environment;
  };
  CHECK(is_production("production", std::nullopt));
  CHECK_FALSE(is_production("staging", std::nullopt));
  CHECK(is_production("staging", true));
  CHECK_FALSE(is_production("production", false));
}

TEST_CASE("get_deployment and list_deployment_texts: only of the repository that was opened") {
  AppFixture app;
  GitFixture git, other_git;
  git.commit("main", "a", "1");
  other_git.commit("main", "a", "1");
  const auto access = app.add(git);
  const auto other = app.add(other_git, true, {}, "other");
  const auto made = app.deploy(access, to_deploy("main"));
  CHECK(app.read([&](store::Reader& db) { return app::get_deployment(db, other, made.id); })
            .error()
            .code == ErrorCode::not_found);
  const auto list = [&](const app::RepositoryAccess& where) {
    return must(app.read([&](store::Reader& db) {
      return app::list_deployment_texts(db, where, {}, {}, app.context.event_urls);
    }));
  };
  CHECK(list(other).total_count == 0);
  const auto listing = list(access);
  REQUIRE(listing.items.size() == 1);
  CHECK(must(Json::parse(listing.items[0]->json)).integer_at("id") == made.id.value);
}

TEST_CASE("delete_deployment: deletes an active one only if its environment has no other") {
  AppFixture app;
  GitFixture git;
  git.commit("main", "a", "1");
  const auto access = app.add(git);
  auto create = [&] { return app.deploy(access, to_deploy("main")).id; };
  const DeploymentId active = create();
  core::NewDeploymentStatus success;
  success.state = DeploymentState::success;
  must(app::create_status(app.context, access, active, success));
  const DeploymentId second = create();
  auto refused = app::delete_deployment(app.context, access, active);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == ErrorCode::invalid);
  CHECK(refused.error().reason_code == "deployment_active");

  must(app::delete_deployment(app.context, access, second));
  CHECK(app.audits("deployment.delete").size() == 1);
  CHECK(app.read([&](store::Reader& db) { return app::get_deployment(db, access, second); })
            .error()
            .code == ErrorCode::not_found);
  CHECK(app::delete_deployment(app.context, access, second).error().code == ErrorCode::not_found);
  must(app::delete_deployment(app.context, access, active));  // it is the only one now
  CHECK(app.row_count("deployment") == 0);
  CHECK(app.row_count("deployment_status") == 0);
  CHECK(app.events().size() == 3);
  CHECK(create() > second);
}
