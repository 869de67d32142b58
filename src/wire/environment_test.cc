#include "wire/environment.h"

#include <doctest/doctest.h>

#include "base/json.h"

using namespace esclusa;
using namespace esclusa::wire;

namespace {

core::Repository some_repository() {
  core::Repository repository;
  repository.id = {1};
  repository.owner.login = "demo";
  repository.name = "shop";
  return repository;
}

core::EnvironmentDetails some_environment() {
  core::EnvironmentDetails environment;
  environment.id = {7};
  environment.name = {{3}, "eu/live"};
  core::Account grace;
  grace.id = {5};
  grace.login = "grace";
  core::Team team;
  team.id = {2};
  team.organization.login = "demo";
  team.slug = "ops";
  environment.reviewers = {grace, team};
  environment.rules = {
      {{11}, core::BranchPolicyRule{core::BranchPolicyMode::custom_branch_policies}},
      {{12}, core::WaitTimerRule{30}},
      {{13}, core::RequiredReviewersRule{{{AccountId{5}, "grace"}, {TeamId{2}, "demo/ops"}}, 2}}};
  return environment;
}

Json written(const core::EnvironmentDetails& environment) {
  JsonWriter json;
  write_environment(json, environment, some_repository(), {"http://h/api", "http://h"});
  return Json::parse(json.text()).value();
}

std::vector<std::string> names_of(const Json& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object.members()) names.push_back(name);
  return names;
}

}  // namespace

TEST_CASE("parse_environment_change: an absent member is no change, null is the default") {
  for (const char* body : {"", "{}", "null", " null\n"}) {
    const auto change = parse_environment_change(body);
    REQUIRE(change);
    CHECK_FALSE(change->wait_timer);
    CHECK_FALSE(change->prevent_self_review);
    CHECK_FALSE(change->reviewers);
    CHECK_FALSE(change->required_approvals);
    CHECK_FALSE(change->branch_policy);
    CHECK_FALSE(change->can_admins_bypass);
  }
  const auto cleared = parse_environment_change(
      R"({"wait_timer": null, "prevent_self_review": null, "reviewers": null,
          "required_approvals": null, "deployment_branch_policy": null,
          "can_admins_bypass": null})");
  REQUIRE(cleared);
  CHECK(cleared->wait_timer == 0);
  CHECK(cleared->prevent_self_review == false);
  CHECK(cleared->reviewers.value().empty());
  CHECK(cleared->required_approvals == 1);
  REQUIRE(cleared->branch_policy);
  CHECK_FALSE(cleared->branch_policy->has_value());
  CHECK(cleared->can_admins_bypass == true);
}

TEST_CASE("parse_environment_change: reads every member") {
  const auto change = parse_environment_change(
      R"({"wait_timer": 30, "prevent_self_review": true, "required_approvals": 2,
          "reviewers": [{"type": "User", "id": 5}, {"type": "Team", "id": 2}],
          "deployment_branch_policy": {"protected_branches": true,
          "custom_branch_policies": false}, "can_admins_bypass": false})");
  REQUIRE(change);
  CHECK(change->wait_timer == 30);
  CHECK(change->prevent_self_review == true);
  CHECK(change->reviewers == std::vector<core::ReviewerId>{AccountId{5}, TeamId{2}});
  CHECK(change->required_approvals == 2);
  CHECK(change->branch_policy.value() == core::BranchPolicyMode::protected_branches);
  CHECK(change->can_admins_bypass == false);
}

TEST_CASE("parse_environment_change: refuses unknown members and values with GitHub's texts") {
  struct Row {
    const char* body;
    const char* message;
  };
  const Row rows[] = {
      {R"({"wait": 1})", "Invalid request.\n\nInvalid input: \"wait\" is not a permitted key."},
      {R"({"wait_timer": "1"})",
       "Invalid request.\n\nFor 'properties/wait_timer', \"1\" is not an integer."},
      {R"({"prevent_self_review": 1})",
       "Invalid request.\n\nFor 'properties/prevent_self_review', 1 is not a boolean."},
      {R"({"reviewers": {}})",
       "Invalid request.\n\nFor 'properties/reviewers', {} is not an array."},
      {R"({"reviewers": [5]})",
       "Invalid request.\n\nFor 'properties/reviewers', 5 is not an object."},
      {R"({"reviewers": [{"type": "User"}]})", "Invalid request.\n\n\"id\" wasn't supplied."},
      {R"({"reviewers": [{"id": 5}]})", "Invalid request.\n\n\"type\" wasn't supplied."},
      {R"({"reviewers": [{"type": "Bot", "id": 5}]})",
       "Invalid request.\n\nBot is not a member of [\"User\", \"Team\"]."},
      {R"({"deployment_branch_policy": {"protected_branches": true}})",
       "Invalid request.\n\n\"custom_branch_policies\" wasn't supplied."},
      {R"({"deployment_branch_policy": {"protected_branches": false,
          "custom_branch_policies": false}})",
       "\"custom_branch_policies\" and \"protected_branches\" cannot have the same value"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.body);
    const auto change = parse_environment_change(row.body);
    REQUIRE_FALSE(change);
    CHECK(change.error().code == ErrorCode::invalid);
    CHECK(change.error().message == row.message);
  }
  // A number beyond 32 bits stays out of range.
  CHECK(parse_environment_change(R"({"wait_timer": 4294967297})")->wait_timer > 43'200);
}

TEST_CASE("write_environment: GitHub's members in GitHub's order, each rule in its format") {
  const Json json = written(some_environment());
  CHECK(names_of(json) == std::vector<std::string>{"id", "node_id", "name", "url", "html_url",
                                                   "created_at", "updated_at", "can_admins_bypass",
                                                   "protection_rules", "deployment_branch_policy"});
  // GitHub's URL does not encode the slash, and GitHub gives 404 for it.
  CHECK(json.string_at("url") == "http://h/api/repos/demo/shop/environments/eu%2Flive");
  CHECK(json.string_at("html_url") ==
        "http://h/demo/shop/deployments/activity_log?environments_filter=eu%2Flive");
  const auto rules = json.find("protection_rules")->elements();
  REQUIRE(rules.size() == 3);
  CHECK(names_of(rules[0]) == std::vector<std::string>{"id", "node_id", "type"});
  CHECK(rules[1].integer_at("wait_timer") == 30);
  CHECK(names_of(rules[2]) == std::vector<std::string>{"id", "node_id", "type",
                                                       "prevent_self_review", "reviewers",
                                                       "required_approvals"});
  const auto reviewers = rules[2].find("reviewers")->elements();
  REQUIRE(reviewers.size() == 2);
  CHECK(reviewers[0].string_at("type") == "User");
  CHECK(reviewers[0].string_at("reviewer", "login") == "grace");
  CHECK(reviewers[1].string_at("type") == "Team");
  CHECK(reviewers[1].string_at("reviewer", "slug") == "ops");
  CHECK(json.find("deployment_branch_policy")->text() ==
        R"({"protected_branches":false,"custom_branch_policies":true})");
}

TEST_CASE("requires_claim: a boolean, null for false, and written only where it is set") {
  CHECK(parse_environment_change(R"({"requires_claim": true})")->requires_claim == true);
  CHECK(parse_environment_change(R"({"requires_claim": null})")->requires_claim == false);
  CHECK_FALSE(parse_environment_change("{}")->requires_claim);
  CHECK_FALSE(parse_environment_change(R"({"requires_claim": 1})"));
  core::EnvironmentDetails environment = some_environment();
  CHECK_FALSE(written(environment).find("requires_claim"));
  environment.requires_claim = true;
  CHECK(written(environment).find("requires_claim")->boolean() == true);
}

TEST_CASE("write_environment: required_approvals is left out for one approval, as on GitHub") {
  core::EnvironmentDetails environment = some_environment();
  std::get<core::RequiredReviewersRule>(environment.rules[2].gate).required_approvals = 1;
  CHECK_FALSE(
      written(environment).find("protection_rules")->elements()[2].find("required_approvals"));
  environment.rules.clear();
  CHECK(written(environment).find("protection_rules")->text() == "[]");
  CHECK(written(environment).find("deployment_branch_policy")->is_null());
}

TEST_CASE("branch policies: the default type is branch, and URLs encode the slash") {
  CHECK(parse_new_branch_policy(R"({"name": "v*"})")->kind == core::BranchPolicyKind::branch);
  CHECK(parse_new_branch_policy(R"({"name": "v*", "type": "tag"})")->kind ==
        core::BranchPolicyKind::tag);
  CHECK_FALSE(parse_new_branch_policy(R"({"name": "v*", "type": "commit"})"));
  CHECK_FALSE(parse_new_branch_policy("{}"));
  CHECK(parse_branch_policy_name(R"({"name": "v*"})") == "v*");
  JsonWriter json;
  write_branch_policy(json, {{9}, core::BranchPolicyKind::tag, "v*"}, some_repository());
  CHECK(json.text() == R"({"id":9,"node_id":"GBP_kwABCQ","name":"v*","type":"tag"})");
  CHECK(branch_policy_url({"http://h", "http://h"}, some_repository(), "eu/live", {9}) ==
        "http://h/repos/demo/shop/environments/eu%2Flive/deployment-branch-policies/9");
}
