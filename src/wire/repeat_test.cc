#include "wire/repeat.h"

#include <doctest/doctest.h>

using namespace esclusa;

TEST_CASE("parse_new_rollback: every member, and what is absent") {
  const std::string sha(40, 'a');
  const auto all = wire::parse_new_rollback(
      R"({"reason":"It burns","to":7,"task":"web","expected_live":9,"expected_sha":")" + sha +
      R"("})");
  REQUIRE(all);
  CHECK(all->reason == "It burns");
  CHECK(all->to == DeploymentId{7});
  CHECK(all->task == "web");
  CHECK(all->expected_live.value().id == DeploymentId{9});
  CHECK(all->expected_sha == sha);
  for (const char* body : {"", "{}", R"({"to":null,"task":null,"expected_live":null})"}) {
    const auto none = wire::parse_new_rollback(body);
    REQUIRE(none);
    CHECK_FALSE(none->reason);
    CHECK_FALSE(none->to);
    CHECK(none->task == "deploy");
    CHECK_FALSE(none->expected_live);
    CHECK_FALSE(none->expected_sha);
  }
}

TEST_CASE("parse_new_rollback: nothing is live is not the same as anything may be") {
  const auto input = wire::parse_new_rollback(R"({"expected_live":"none"})");
  REQUIRE(input);
  REQUIRE(input->expected_live);
  CHECK_FALSE(input->expected_live->id);
}

TEST_CASE("parse_new_promotion, parse_new_redeploy: contexts and flags are as in a create") {
  const auto promotion = wire::parse_new_promotion(
      R"({"from":"staging","required_contexts":[],"transient_environment":true,
          "production_environment":false})");
  REQUIRE(promotion);
  CHECK(promotion->from == "staging");
  CHECK(promotion->required_contexts.value().empty());
  CHECK(promotion->transient_environment);
  CHECK(promotion->production_environment == false);
  CHECK_FALSE(wire::parse_new_promotion("{}"));
  const auto redeploy = wire::parse_new_redeploy(R"({"required_contexts":["ci"]})");
  REQUIRE(redeploy);
  CHECK(redeploy->required_contexts == std::vector<std::string>{"ci"});
  CHECK_FALSE(wire::parse_new_redeploy("")->required_contexts);
}

TEST_CASE("parse_new_rollback: members of other types are refused") {
  for (const char* body :
       {R"({"to":"7"})", R"({"to":0})", R"({"to":-1})", R"({"to":1.5})", R"({"reason":[]})",
        R"({"expected_live":"9"})", R"({"expected_live":false})", R"({"expected_live":0})",
        R"({"expected_sha":"abc"})", R"({"task":7})"}) {
    CAPTURE(body);
    const auto input = wire::parse_new_rollback(body);
    REQUIRE_FALSE(input);
    CHECK(input.error().code == ErrorCode::invalid);
  }
  CHECK(wire::parse_new_rollback("[]").error().code == ErrorCode::bad_json);
}
