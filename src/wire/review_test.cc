#include "wire/review.h"
#include "base/json.h"
#include "core/dry_run.h"
#include "wire/dry_run.h"
#include "wire/gate_report.h"

#include <doctest/doctest.h>

using namespace esclusa;
using namespace esclusa::wire;

namespace {

const Urls urls{"http://h", "http://h"};

core::Repository some_repository() {
  core::Repository repository;
  repository.id = {1};
  repository.owner.login = "demo";
  repository.name = "shop";
  repository.default_branch = "main";
  return repository;
}

core::Deployment some_deployment() {
  core::Deployment deployment;
  deployment.id = {4};
  deployment.ref = "main";
  deployment.sha = std::string(40, 'a');
  deployment.phase = core::DeploymentPhase::held;
  deployment.created_at = from_micros(60'000'000);
  return deployment;
}

core::EnvironmentDetails some_environment() {
  core::EnvironmentDetails environment;
  environment.id = {7};
  environment.name = {{3}, "live"};
  environment.created_at = from_micros(0);
  return environment;
}

core::GateVerdict verdict(core::GateKind kind, core::GateState state) {
  core::GateVerdict made;
  made.kind = kind;
  made.rule_id = {1};
  made.state = state;
  made.reason_code = "reason";
  made.message = "Why.";
  return made;
}

Json parsed(const JsonWriter& json) { return Json::parse(json.text()).value(); }

}  // namespace

TEST_CASE("parse_new_review: requires all three members, and refuses a bypass") {
  const auto review =
      parse_new_review(R"({"environment_ids": [7, 8], "state": "rejected", "comment": "No"})");
  REQUIRE(review);
  CHECK(review->environment_ids == std::vector<EnvironmentId>{{7}, {8}});
  CHECK(review->state == core::ReviewState::rejected);
  CHECK(review->comment == "No");
  for (const char* body : {"{}", R"({"state": "approved", "comment": ""})",
                           R"({"environment_ids": [7], "comment": ""})",
                           R"({"environment_ids": [7], "state": "approved"})",
                           R"({"environment_ids": ["7"], "state": "approved", "comment": ""})",
                           R"({"environment_ids": 7, "state": "approved", "comment": ""})",
                           R"({"environment_ids": [7], "state": "approved", "comment": null})"}) {
    CAPTURE(body);
    CHECK_FALSE(parse_new_review(body));
  }
  const auto bypass =
      parse_new_review(R"({"environment_ids": [7], "state": "bypassed", "comment": ""})");
  REQUIRE_FALSE(bypass);
  CHECK(bypass.error().message ==
        "Invalid request.\n\nbypassed is not a member of [\"approved\", \"rejected\"].");
}

TEST_CASE("write_pending_deployment: a wait timer starts with the deployment") {
  core::PendingDeployment pending{some_deployment(), some_environment(), true};
  auto written = [&] {
    JsonWriter json;
    write_pending_deployment(json, pending, some_repository(), urls);
    return parsed(json);
  };
  CHECK(written().integer_at("wait_timer") == 0);
  CHECK(written().find("wait_timer_started_at")->is_null());
  CHECK(written().integer_at("environment", "id") == 7);
  CHECK(written().find("current_user_can_approve")->boolean() == true);
  pending.environment.rules = {{{1}, core::WaitTimerRule{5}}};
  CHECK(written().integer_at("wait_timer") == 5);
  CHECK(written().string_at("wait_timer_started_at") == "1970-01-01T00:01:00Z");
}

TEST_CASE("write_review: a bypass is an approval, and a deleted environment has no times") {
  core::DeploymentReview review;
  review.environment_id = {7};
  review.environment = {{3}, "live"};
  review.state = core::ReviewState::bypassed;
  review.reviewer.login = "ada";
  review.comment = "It burns";
  auto written = [&](const core::ReviewHistory& history) {
    JsonWriter json;
    write_review(json, review, history, some_repository(), urls);
    return parsed(json);
  };
  const Json shown = written({{}, some_environment()});
  CHECK(shown.string_at("state") == "approved");
  CHECK(shown.string_at("comment") == "It burns");
  CHECK(shown.string_at("user", "login") == "ada");
  CHECK(shown.find("environments")->elements().at(0).string_at("created_at"));
  CHECK_FALSE(written({}).find("environments")->elements().at(0).find("created_at"));
  core::Environment namesake = some_environment();
  namesake.id = {8};
  CHECK_FALSE(written({{}, namesake}).find("environments")->elements().at(0).find("created_at"));
  review.state = core::ReviewState::rejected;
  CHECK(written({}).string_at("state") == "rejected");
}

TEST_CASE("write_gate_report: each gate, and no environment if it was deleted") {
  core::GateReport report{some_deployment(),
                          some_environment(),
                          {verdict(core::GateKind::wait_timer, core::GateState::shut)}};
  report.verdicts[0].opens_at = from_micros(0);
  report.verdicts[0].openers = {{AccountId{2}, "grace"}, {TeamId{5}, "demo/ops"}};
  auto written = [&] {
    JsonWriter json;
    write_gate_report(json, report, some_repository(), urls);
    return parsed(json);
  };
  CHECK(written().string_at("phase") == "held");
  CHECK(written().find("environment")->find("can_admins_bypass")->boolean() == true);
  CHECK(written().find("environment")->find("is_new")->boolean() == false);
  report.environment->created_at = report.deployment.created_at;
  CHECK(written().find("environment")->find("is_new")->boolean() == true);
  CHECK(written().find("gates")->text() ==
        R"([{"kind":"wait_timer","rule_id":1,"state":"shut","reason_code":"reason",)"
        R"("message":"Why.","openers":["grace","demo/ops"],)"
        R"("opens_at":"1970-01-01T00:00:00Z"}])");
  report.environment.reset();
  CHECK(written().find("environment")->is_null());
}

TEST_CASE("write_dry_run: what a create would do, in words") {
  core::NewDeployment input;
  input.ref = "topic";
  auto written = [&](const core::DryRun& run) {
    JsonWriter json;
    write_dry_run(json, run, input);
    return parsed(json);
  };
  core::DryRun run;
  run.outcome = core::DryRunOutcome::held;
  run.sha = std::string(40, 'a');
  run.gates = {verdict(core::GateKind::branch_policy, core::GateState::open),
               verdict(core::GateKind::wait_timer, core::GateState::shut),
               verdict(core::GateKind::required_reviewers, core::GateState::shut)};
  CHECK(written(run).string_at("outcome") == "held");
  CHECK(written(run).string_at("message") == "It would wait for: wait_timer, required_reviewers.");
  CHECK(written(run).find("reason_code")->is_null());
  run.outcome = core::DryRunOutcome::merged;
  run.default_branch = "main";
  CHECK(written(run).string_at("message") ==
        "main would be merged into topic, and nothing deployed.");
  run = {};
  run.refusal = Error{ErrorCode::conflict, "No.", "required_contexts", {{"D", "f", "c", ""}}, {}};
  CHECK(written(run).string_at("outcome") == "refused");
  CHECK(written(run).string_at("message") == "No.");
  CHECK(written(run).string_at("reason_code") == "required_contexts");
  CHECK(written(run).find("sha")->is_null());
  CHECK(written(run).find("errors")->elements().size() == 1);
}
