#include "wire/custom_rule.h"

#include <doctest/doctest.h>

using namespace esclusa;
using core::CustomRuleState;

namespace {

std::string problem_of(std::string_view body) {
  const auto answer = wire::parse_custom_rule_answer(body);
  return answer ? "" : answer.error().message;
}

}  // namespace

TEST_CASE("parse_custom_rule_answer: a state decides, and a comment alone is a report") {
  const auto approval =
      wire::parse_custom_rule_answer(R"({"environment_name": "live", "state": "approved"})");
  REQUIRE(approval);
  CHECK(approval->environment == "live");
  CHECK(approval->state == CustomRuleState::approved);
  CHECK(approval->comment.empty());
  const auto report = wire::parse_custom_rule_answer(
      R"({"environment_name": "live", "state": null, "comment": "half done"})");
  REQUIRE(report);
  CHECK(report->state == CustomRuleState::reported);
  CHECK(report->comment == "half done");
}

TEST_CASE("parse_custom_rule_answer: refuses an answer without its members, and any other state") {
  CHECK(problem_of(R"({"state": "approved"})").contains("environment_name"));
  CHECK(problem_of(R"({"environment_name": "live"})").contains("comment"));
  for (const char* state : {"reported", "pending", ""}) {
    CHECK(problem_of(R"({"environment_name": "live", "state": ")" + std::string(state) + R"("})")
              .ends_with(R"( is not a member of ["approved", "rejected"].)"));
  }
}

TEST_CASE("parse_new_custom_rule: reads the app's id") {
  const auto id = wire::parse_new_custom_rule(R"({"integration_id": 5})");
  REQUIRE(id);
  CHECK(*id == AppId{5});
  CHECK_FALSE(wire::parse_new_custom_rule("{}"));
  CHECK_FALSE(wire::parse_new_custom_rule(R"({"integration_id": "5"})"));
}

TEST_CASE("write_custom_rule: GitHub's deployment-protection-rule") {
  core::Repository repository;
  repository.id = {1};
  JsonWriter json;
  wire::write_custom_rule(json, {{7}, core::CustomRule{{{3}, "guard", "Guard", {9}}, {}}},
                          repository, {"http://h", "http://h"});
  CHECK(json.take() ==
        R"({"id":7,"node_id":"GA_kwABBw","enabled":true,"app":{"id":3,"slug":"guard",)"
        R"("integration_url":"http://h/apps/guard","node_id":"MDExOkludGVncmF0aW9uMw=="}})");
}
