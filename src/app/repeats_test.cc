#include "app/repeats.h"

#include <doctest/doctest.h>

#include "app/commit_statuses.h"
#include "app/deployment_statuses.h"
#include "app/environments.h"
#include "base/json.h"
#include "store/environments.h"
#include "support/app_fixture.h"
#include "support/wrapping_database.h"

using namespace esclusa;
using core::DeploymentKind;
using core::DeploymentState;
using core::Repeats;
using test::AppFixture;
using test::GitFixture;
using test::must;

namespace {

/// A repository with three commits of `main`, and an environment with the releases of them.
struct Shop : AppFixture {
  GitFixture git;
  std::vector<std::string> shas = {git.commit("main", "a", "1"), git.commit("main", "a", "2"),
                                   git.commit("main", "a", "3")};
  app::RepositoryAccess access = add(git);

  core::Deployment create(const std::string& sha, const std::string& environment = "production",
                          const std::string& ref = "") {
    core::NewDeployment input;
    if (!ref.empty()) git.branch(ref, sha);
    input.ref = ref.empty() ? sha : ref;
    input.environment = environment;
    input.auto_merge = false;
    input.required_contexts.emplace();
    input.payload = R"({"size":2})";
    input.description = "a release";
    return deploy(access, input);
  }
  void report(const core::Deployment& deployment, DeploymentState state) {
    core::NewDeploymentStatus input;
    input.state = state;
    must(app::create_status(context, access, deployment.id, input));
  }
  core::Deployment release(const std::string& sha, const std::string& environment = "production",
                           const std::string& ref = "") {
    auto deployment = create(sha, environment, ref);
    report(deployment, DeploymentState::success);
    return deployment;
  }

  static core::NewRollback rollback(std::optional<DeploymentId> to = {}) {
    core::NewRollback input;
    input.reason = "It burns";
    input.to = to;
    return input;
  }
  Result<core::Deployment> roll_back(const core::NewRollback& input,
                                     const std::optional<core::IdempotencyKey>& key = {}) {
    return app::roll_back(context, access, "production", input, key);
  }
  Result<core::Deployment> promote(const std::string& from, const std::string& to,
                                   std::optional<core::ExpectedLive> live = {}) {
    core::NewPromotion input;
    input.from = from;
    input.required_contexts.emplace();
    input.expected_live = live;
    return app::promote(context, access, to, input);
  }
  /// An environment that only branches with this name may be deployed to.
  void guard(const std::string& environment, const std::string& branch) {
    core::EnvironmentChange input;
    input.branch_policy.emplace(core::BranchPolicyMode::custom_branch_policies);
    must(app::put_environment(context, access, environment, input));
    must(app::create_branch_policy(context, access, environment, {.id = {}, .name = branch}));
  }
};

/// Something else happens between what a use case has read and its transaction.
class InterruptedDatabase : public test::WrappingDatabase {
 public:
  explicit InterruptedDatabase(sql::Database& real) : WrappingDatabase(real) {}
  std::function<void()> before_write;  ///< called once

 private:
  Result<void> do_read(const ReadWork& work) override {
    return read_real([&](sql::Reader& db) { work(db); });
  }
  Result<void> do_write(const WriteWork& work) override {
    if (const auto interrupt = std::exchange(before_write, {})) interrupt();
    bool is_kept = true;
    auto done = write_real([&](sql::Writer& tx) -> Result<void> {
      is_kept = work(tx);
      if (!is_kept) return fail(ErrorCode::internal, "not kept");
      return {};
    });
    return is_kept ? done : Result<void>{};
  }
};

std::string reason_of(const Result<core::Deployment>& result) {
  return result ? "created" : result.error().reason_code;
}

}  // namespace

TEST_CASE("roll_back: goes back to the live before, as a record of its own") {
  Shop shop;
  const auto one = shop.release(shop.shas[0], "production", "release");
  const auto two = shop.release(shop.shas[1]);
  const auto made = must(shop.roll_back(Shop::rollback()));
  CHECK(made.repeats == Repeats{DeploymentKind::rollback, one.id});
  CHECK(made.sha == one.sha);
  CHECK(made.ref == "release");
  CHECK(made.ref_kind == core::RefKind::branch);
  CHECK(made.ref_name == "refs/heads/release");
  CHECK(made.payload == one.payload);
  CHECK(made.description == "It burns");
  CHECK(made.environment.name == "production");
  CHECK(made.production_environment);
  CHECK(made.phase == core::DeploymentPhase::released);
  CHECK(shop.events("deployment").size() == 3);
  const auto audit = shop.audits("deployment.create").back();
  CHECK(audit.detail == R"({"kind":"rollback","origin":)" + std::to_string(one.id.value) +
                            R"(,"reason":"It burns"})");
  CHECK(two.sha != made.sha);
}

TEST_CASE("roll_back: the branch may have moved on, or be gone") {
  Shop shop;
  const auto one = shop.release(shop.shas[0], "production", "release");
  shop.release(shop.shas[1]);
  shop.git.branch("release", shop.shas[2]);
  CHECK(must(shop.roll_back(Shop::rollback(one.id))).sha == shop.shas[0]);
  shop.git.delete_branch("release");
  CHECK(must(shop.roll_back(Shop::rollback(one.id))).sha == shop.shas[0]);
}

TEST_CASE("roll_back: what it may not go back to") {
  Shop shop;
  CHECK(reason_of(shop.roll_back(Shop::rollback())) == "nothing_to_roll_back_to");
  const auto one = shop.release(shop.shas[0]);
  CHECK(reason_of(shop.roll_back(Shop::rollback())) == "nothing_to_roll_back_to");
  const auto elsewhere = shop.release(shop.shas[1], "staging");
  const auto failed = shop.create(shop.shas[1]);
  shop.report(failed, DeploymentState::failure);
  CHECK(reason_of(shop.roll_back(Shop::rollback(elsewhere.id))) == "never_live");
  CHECK(reason_of(shop.roll_back(Shop::rollback(failed.id))) == "never_live");
  auto other_task = Shop::rollback(one.id);
  other_task.task = "migrate";
  CHECK(reason_of(shop.roll_back(other_task)) == "never_live");
  CHECK(shop.roll_back(Shop::rollback(DeploymentId{999})).error().code == ErrorCode::not_found);
  auto no_reason = Shop::rollback(one.id);
  no_reason.reason.reset();
  CHECK(reason_of(shop.roll_back(no_reason)) == "reason_missing");
  CHECK(reason_of(shop.roll_back(Shop::rollback(one.id))) == "created");
}

TEST_CASE("roll_back: a commit that git has no more is refused") {
  Shop shop;
  const auto one = shop.release(shop.shas[0]);
  shop.release(shop.shas[1]);
  // A record of a commit that is no object, as after a history was rewritten and pruned.
  must(shop.write([&](store::Writer& tx) {
    tx.execute("update deployment set sha = $2 where id = $1",
               {one.id.value, std::string(40, '9')});
  }));
  CHECK(reason_of(shop.roll_back(Shop::rollback())) == "commit_vanished");
  CHECK(shop.events("deployment").size() == 2);
}

TEST_CASE("roll_back: contexts are not asked for again; a redeploy and a promotion ask") {
  Shop shop;
  const auto one = shop.release(shop.shas[0]);
  shop.release(shop.shas[1]);
  core::NewCommitStatus red;
  red.state = core::CommitState::failure;
  must(app::create_commit_status(shop.context, shop.access, shop.shas[0], red));
  const auto made = must(shop.roll_back(Shop::rollback()));
  CHECK(made.sha == shop.shas[0]);
  shop.report(made, DeploymentState::success);
  CHECK(reason_of(app::redeploy(shop.context, shop.access, one.id, {})) == "required_contexts");
  core::NewPromotion promotion;
  promotion.from = "production";
  CHECK(reason_of(app::promote(shop.context, shop.access, "next", promotion)) ==
        "required_contexts");
}

TEST_CASE("roll_back, promote: the branch policy judges the ref of the record") {
  Shop shop;
  const auto allowed = shop.release(shop.shas[0], "production", "release");
  const auto by_sha = shop.release(shop.shas[1]);
  shop.guard("production", "release");
  shop.git.delete_branch("release");
  CHECK(reason_of(shop.roll_back(Shop::rollback(allowed.id))) == "created");
  CHECK(reason_of(shop.roll_back(Shop::rollback(by_sha.id))) == "branch_policy");
  const auto topic = shop.release(shop.shas[2], "staging", "topic");
  CHECK(reason_of(shop.promote("staging", "production")) == "branch_policy");
  shop.report(topic, DeploymentState::failure);
  shop.release(shop.shas[0], "staging", "release");
  CHECK(reason_of(shop.promote("staging", "production")) == "created");
}

TEST_CASE("roll_back: the same gates hold it") {
  Shop shop;
  shop.release(shop.shas[0]);
  shop.release(shop.shas[1]);
  core::EnvironmentChange input;
  input.wait_timer = 5;
  must(app::put_environment(shop.context, shop.access, "production", input));
  const auto made = must(shop.roll_back(Shop::rollback()));
  CHECK(made.phase == core::DeploymentPhase::held);
  CHECK(made.state == DeploymentState::waiting);
  CHECK(shop.events("deployment").size() == 2);
}

TEST_CASE("promote: repeats what is live in the other environment") {
  Shop shop;
  CHECK(reason_of(shop.promote("staging", "production")) == "nothing_live");
  const auto tried = shop.create(shop.shas[0], "staging");
  CHECK(reason_of(shop.promote("staging", "production")) == "nothing_live");
  shop.report(tried, DeploymentState::success);
  shop.create(shop.shas[1], "staging");  // newer, and not live
  CHECK(reason_of(shop.promote("staging", "STAGING")) == "same_environment");
  const auto made = must(shop.promote("staging", "production"));
  CHECK(made.repeats == Repeats{DeploymentKind::promotion, tried.id});
  CHECK(made.sha == shop.shas[0]);
  CHECK(made.environment.name == "production");
  CHECK(made.production_environment);
  CHECK(made.description == "a release");
  CHECK_FALSE(tried.production_environment);
}

TEST_CASE("redeploy: the same again, where it was created") {
  Shop shop;
  const auto one = shop.release(shop.shas[0], "staging", "release");
  core::NewRedeploy input;
  input.required_contexts.emplace();
  const auto made = must(app::redeploy(shop.context, shop.access, one.id, input));
  CHECK(made.repeats == Repeats{DeploymentKind::redeploy, one.id});
  CHECK(made.environment.name == "staging");
  CHECK(made.ref == "release");
  CHECK(made.sha == one.sha);
  CHECK(app::redeploy(shop.context, shop.access, {999}, input).error().code ==
        ErrorCode::not_found);
}

TEST_CASE("expected_live: compared when the deployment is inserted, for creates too") {
  Shop shop;
  const auto expect = [](std::optional<DeploymentId> id) { return core::ExpectedLive{id}; };
  core::NewDeployment input;
  input.ref = shop.shas[0];
  input.required_contexts.emplace();
  input.expected_live = expect({});
  const auto one = shop.deploy(shop.access, input);
  shop.report(one, DeploymentState::success);
  const auto refused = app::create_deployment(shop.context, shop.access, input);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::conflict);
  CHECK(refused.error().reason_code == "live_changed");
  CHECK(refused.error().fields.at(0).message == std::to_string(one.id.value));
  CHECK(must(app::dry_run(shop.context, shop.access, input)).refusal->reason_code ==
        "live_changed");
  input.expected_live = expect(one.id);
  CHECK(must(app::dry_run(shop.context, shop.access, input)).outcome ==
        core::DryRunOutcome::released);
  input.ref = shop.shas[1];
  shop.report(shop.deploy(shop.access, input), DeploymentState::success);
  auto back = Shop::rollback();
  back.expected_live = expect(one.id);
  CHECK(reason_of(shop.roll_back(back)) == "live_changed");
  CHECK(reason_of(shop.promote("production", "next", expect(one.id))) == "live_changed");
  CHECK(reason_of(shop.promote("production", "next", expect({}))) == "created");
  // Another task is another place.
  input.task = "migrate";
  input.expected_live = expect({});
  CHECK(app::create_deployment(shop.context, shop.access, input));
}

TEST_CASE("roll_back: what was chosen by what is live is refused once something else is") {
  Shop shop;
  shop.release(shop.shas[0]);
  const auto two = shop.release(shop.shas[1]);
  const auto open = shop.create(shop.shas[2]);
  InterruptedDatabase database(shop.context.database);
  const app::Context context{.database = database,
                             .sealer = shop.context.sealer,
                             .now = shop.context.now,
                             .boot_now = shop.context.boot_now,
                             .event_urls = shop.context.event_urls,
                             .repositories_directory = shop.context.repositories_directory,
                             .committed = shop.context.committed,
                             .token_use = shop.context.token_use};
  database.before_write = [&] { shop.report(open, DeploymentState::success); };
  const auto made =
      app::roll_back(context, shop.access, "production", Shop::rollback(), std::nullopt);
  CHECK(reason_of(made) == "live_changed");
  CHECK(must(shop.roll_back(Shop::rollback())).sha == two.sha);
}

TEST_CASE("roll_back: with a key it happens once, whatever is live by then") {
  Shop shop;
  shop.release(shop.shas[0]);
  shop.release(shop.shas[1]);
  const core::IdempotencyKey key{"the-key", "digest"};
  const auto made = must(shop.roll_back(Shop::rollback(), key));
  shop.report(made, DeploymentState::success);
  CHECK(must(shop.roll_back(Shop::rollback(), key)).id == made.id);
  CHECK(reason_of(shop.roll_back(Shop::rollback(), core::IdempotencyKey{"the-key", "other"})) ==
        "idempotency_key_reused");
  CHECK(shop.row_count("deployment") == 3);
}

TEST_CASE("roll_back: names that are none are refused, and nothing is made") {
  Shop shop;
  CHECK_FALSE(app::roll_back(shop.context, shop.access, "", Shop::rollback()));
  auto odd = Shop::rollback();
  odd.task = "a\nb";
  CHECK(reason_of(shop.roll_back(odd)) == "invalid_task");
  CHECK(reason_of(app::roll_back(shop.context, shop.access, "nowhere", Shop::rollback())) ==
        "nothing_to_roll_back_to");
  CHECK(shop.row_count("environment_name") == 0);
}
