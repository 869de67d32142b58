#include "core/repeat.h"

#include <doctest/doctest.h>

using namespace esclusa;
using namespace esclusa::core;

namespace {

const std::string sha = "0123456789abcdef0123456789abcdef01234567";

Deployment origin() {
  Deployment deployment;
  deployment.id = {7};
  deployment.environment = deployment.original_environment = {{3}, "staging"};
  deployment.ref = "release/1";
  deployment.ref_kind = RefKind::branch;
  deployment.ref_name = "refs/heads/release/1";
  deployment.sha = sha;
  deployment.task = "deploy:web";
  deployment.payload = R"({"size":2})";
  deployment.description = "the first one";
  deployment.transient_environment = true;
  deployment.production_environment = true;
  return deployment;
}

DeploymentFacts facts_of(const NewDeployment& input) {
  DeploymentFacts facts;
  facts.resolved = input.origin->ref;
  facts.default_branch = "main";
  facts.merge_policy = MergePolicy::merge;
  facts.behind_count = 5;
  facts.contexts = {{"ci", "failure"}};
  return facts;
}

}  // namespace

TEST_CASE("repetition_of: the record is repeated, and its ref is not resolved again") {
  NewRepeat request;
  request.expected_live = ExpectedLive{DeploymentId{9}};
  request.expected_sha = sha;
  const auto input = repetition_of(origin(), DeploymentKind::rollback, "staging", request);
  CHECK(input.ref == "release/1");
  CHECK(input.task == "deploy:web");
  CHECK(input.payload == R"({"size":2})");
  CHECK(input.environment == "staging");
  CHECK_FALSE(input.auto_merge);
  CHECK(input.description == "the first one");
  CHECK(input.transient_environment);
  CHECK(input.production_environment == true);
  CHECK(input.expected_sha == sha);
  REQUIRE(input.expected_live);
  CHECK(input.expected_live->id == DeploymentId{9});
  REQUIRE(input.origin);
  CHECK(input.origin->repeats == Repeats{DeploymentKind::rollback, {7}});
  CHECK(input.origin->ref == ResolvedRef{RefKind::branch, "refs/heads/release/1", sha});
}

TEST_CASE("repetition_of: a reason is the description; a promotion has no flags of its origin") {
  NewRepeat request;
  request.reason = "It burns";
  const auto input = repetition_of(origin(), DeploymentKind::promotion, "production", request);
  CHECK(input.description == "It burns");
  CHECK(input.environment == "production");
  CHECK_FALSE(input.transient_environment);
  CHECK_FALSE(input.production_environment);
}

TEST_CASE("plan_deployment: a repetition is never merged; contexts count unless it is a rollback") {
  for (const auto& [kind, is_planned] :
       {std::pair(DeploymentKind::rollback, true), std::pair(DeploymentKind::redeploy, false),
        std::pair(DeploymentKind::promotion, false)}) {
    CAPTURE(to_name(kind));
    auto input = repetition_of(origin(), kind, "staging", {});
    input.auto_merge = true;
    CHECK_FALSE(needs_behind_count(input, MergePolicy::merge));
    CHECK(needs_contexts(input) != is_planned);
    const auto plan = plan_deployment(input, facts_of(input));
    CHECK(plan.has_value() == is_planned);
    if (plan) CHECK(plan->step == DeploymentStep::insert);
    if (!plan) CHECK(plan.error().reason_code == "required_contexts");
    input.required_contexts.emplace();
    CHECK(plan_deployment(input, facts_of(input)).has_value());
  }
}

TEST_CASE("plan_deployment: a repetition of a commit that is gone, or that is forbidden") {
  auto input = repetition_of(origin(), DeploymentKind::rollback, "staging", {});
  auto facts = facts_of(input);
  facts.forbidden = Error{ErrorCode::invalid, "no", "branch_policy", {}, {}};
  CHECK(plan_deployment(input, facts).error().reason_code == "branch_policy");
  facts.resolved.reset();
  const auto error = plan_deployment(input, facts).error();
  CHECK(error.code == ErrorCode::invalid);
  CHECK(error.reason_code == "commit_vanished");
  CHECK(error.message == "The commit of deployment 7 is gone from the repository: " + sha);
}

TEST_CASE("check_expected_live: an id or none, and the refusal says what is live") {
  const ExpectedLive four{DeploymentId{4}}, none{};
  CHECK(check_expected_live(four, DeploymentId{4}, "production", "deploy"));
  CHECK(check_expected_live(none, std::nullopt, "production", "deploy"));
  const auto other = check_expected_live(four, DeploymentId{5}, "production", "deploy").error();
  CHECK(other.code == ErrorCode::conflict);
  CHECK(other.reason_code == "live_changed");
  CHECK(other.message ==
        "Conflict: deployment 5 is live in production (deploy), and not the expected 4.");
  REQUIRE(other.fields.size() == 1);
  CHECK(other.fields[0].field == "expected_live");
  CHECK(other.fields[0].message == "5");
  const auto nothing = check_expected_live(four, std::nullopt, "production", "deploy").error();
  CHECK(nothing.message ==
        "Conflict: nothing is live in production (deploy), and not the expected 4.");
  CHECK(nothing.fields[0].message == "none");
  CHECK_FALSE(check_expected_live(none, DeploymentId{5}, "production", "deploy"));
}

TEST_CASE("parse_expected_live: none, an id, and nothing else") {
  REQUIRE(parse_expected_live("none"));
  CHECK_FALSE(parse_expected_live("none")->id);
  REQUIRE(parse_expected_live("12"));
  CHECK(parse_expected_live("12")->id == DeploymentId{12});
  for (const char* text : {"", "None", "0", "-1", "1.0", "12 ", "null"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_expected_live(text));
  }
}

TEST_CASE("check_was_live: the environment, the task and a success") {
  const Deployment target = origin();
  const EnvironmentName there{{3}, "staging"}, elsewhere{{4}, "production"};
  CHECK(check_was_live(target, true, there, "deploy:web"));
  CHECK(check_was_live(target, false, there, "deploy:web").error().reason_code == "never_live");
  CHECK(check_was_live(target, true, elsewhere, "deploy:web").error().reason_code == "never_live");
  CHECK(check_was_live(target, true, there, "deploy").error().reason_code == "never_live");
}

TEST_CASE("check_reason, check_place: what a request must have") {
  NewRollback request;
  CHECK(check_reason(request).error().reason_code == "reason_missing");
  request.reason = " \n";
  CHECK(check_reason(request).error().reason_code == "reason_missing");
  request.reason = "It burns";
  CHECK(check_reason(request));
  CHECK(check_place("production", "deploy"));
  CHECK_FALSE(check_place("", "deploy"));
  CHECK_FALSE(check_place("production", ""));
  CHECK_FALSE(check_place("production", std::string("a\0b", 3)));
}
