#include "core/gates/custom.h"

#include <doctest/doctest.h>

#include "core/gates.h"

using namespace esclusa;
using namespace esclusa::core;
using namespace std::chrono_literals;

namespace {

constexpr Timestamp start = from_micros(1'700'000'000'000'000);

/// A deployment by ada (1) to an environment with the rule 40 of the app Guard, whose bot is 9.
struct Case {
  Environment environment;
  Deployment deployment;
  GateFacts facts;
  CustomRuleFacts& answers = facts.custom_rules[{40}];

  Case() {
    environment.rules.push_back({{40}, CustomRule{{{3}, "guard", "Guard", {9}}, start}});
    deployment.id = {7};
    deployment.creator.id = {1};
    deployment.created_at = start + 1h;
    answers.standing = AppStanding::installed;
  }
  const CustomRule& rule() const { return *environment.find<CustomRule>(); }
  GateVerdict verdict() const { return judge_gates(environment, deployment, facts).at(0); }
  std::string check(CustomRuleState state) const {
    const auto checked = check_custom_rule_answer(rule(), deployment, answers, state);
    return checked ? "" : checked.error().reason_code;
  }
};

}  // namespace

TEST_CASE("judge_gates: a custom rule waits for its app, and says since when") {
  Case c;
  const GateVerdict waits = c.verdict();
  CHECK(waits.state == GateState::shut);
  CHECK(waits.reason_code == waits_for_app);
  CHECK(waits.message == "Waits for the app Guard since " + format_time(start + 1h) + ".");
  CHECK(waits.numbers == std::map<std::string, int64_t>{{"since", 1'700'003'600}});
  REQUIRE(waits.openers.size() == 1);
  CHECK(waits.openers[0].name == "guard[bot]");
  c.answers.latest_report = "3 of 10 checks are done";
  CHECK(c.verdict().message.ends_with(". It reports: 3 of 10 checks are done"));
  c.answers.is_approved = true;
  CHECK(c.verdict().state == GateState::open);
}

TEST_CASE("judge_gates: a custom rule that is newer than the deployment waits since it was added") {
  Case c;
  c.deployment.created_at = start - 1h;
  CHECK(c.verdict().numbers.at("since") == 1'700'000'000);
}

TEST_CASE("judge_gates: an approval counts only while its app is installed and not suspended") {
  for (const auto& [standing, reason] :
       {std::pair(AppStanding::suspended, "app_suspended"),
        std::pair(AppStanding::not_installed, "app_not_installed")}) {
    Case c;
    c.answers.is_approved = true;
    c.answers.standing = standing;
    CHECK(c.verdict().state == GateState::shut);
    CHECK(c.verdict().reason_code == reason);
    CHECK(c.verdict().openers.empty());
  }
  Case unknown;
  unknown.facts.custom_rules.clear();
  CHECK(unknown.verdict().reason_code == "app_not_installed");
}

TEST_CASE("judge_gates: an app does not approve what it created itself") {
  Case c;
  c.answers.is_approved = true;
  c.deployment.creator.id = {9};
  CHECK(c.verdict().state == GateState::shut);
  CHECK(c.verdict().reason_code == "self_review_prevented");
  CHECK(c.check(CustomRuleState::approved) == "self_review_prevented");
  CHECK(c.check(CustomRuleState::rejected) == "");
  CHECK(c.check(CustomRuleState::reported) == "");
}

TEST_CASE("check_custom_rule_answer: ten reports are accepted, and then only a decision") {
  Case c;
  c.answers.report_count = 9;
  CHECK(c.check(CustomRuleState::reported) == "");
  c.answers.report_count = 10;
  CHECK(c.check(CustomRuleState::reported) == "too_many_reports");
  CHECK(c.check(CustomRuleState::approved) == "");
}

TEST_CASE("bypass: an administrator may go past a custom rule") {
  Case c;
  const auto verdicts = bypass({c.verdict()}, Account());
  CHECK(verdicts[0].state == GateState::bypassed);
}

TEST_CASE("rules_to_ask: an app is asked once, and again when it can answer again") {
  Case c;
  using Rules = std::vector<ProtectionRuleId>;
  const GateVerdict waits = c.verdict();
  CHECK(rules_to_ask({}, {waits}) == Rules{{40}});
  CHECK(rules_to_ask({waits}, {waits}) == Rules{});
  c.answers.standing = AppStanding::suspended;
  const GateVerdict suspended = c.verdict();
  CHECK(rules_to_ask({}, {suspended}) == Rules{});
  CHECK(rules_to_ask({suspended}, {waits}) == Rules{{40}});
  GateVerdict bypassed = waits;
  bypassed.state = GateState::bypassed;
  CHECK(rules_to_ask({}, {bypassed}) == Rules{});
}

TEST_CASE("shut_gates: names a kind once, however many of its rules wait") {
  const GateVerdict waits = Case().verdict();
  CHECK(shut_gates({waits, waits}) == "custom_deployment_protection_rule");
}
