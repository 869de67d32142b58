#include "core/gates/custom.h"

#include <algorithm>

#include "base/json.h"
#include "base/json_writer.h"
#include "core/app.h"
#include "core/gates.h"

namespace esclusa::core {
namespace {

bool is_created_by_app(const CustomRule& rule, const Deployment& deployment) {
  return deployment.creator.id == rule.app.bot_id;
}

GateVerdict shut(std::string_view reason, std::string message) {
  GateVerdict verdict;
  verdict.reason_code = reason;
  verdict.message = std::move(message);
  return verdict;
}

}  // namespace

GateVerdict CustomRule::judge(const GateCase& at) const {
  const auto found = at.facts.custom_rules.find(at.rule_id);
  const CustomRuleFacts facts =
      found != at.facts.custom_rules.end() ? found->second : CustomRuleFacts{};
  switch (facts.standing) {
    case AppStanding::not_installed:
      return shut("app_not_installed",
                  "The app " + app.name + " is no longer installed for this, and cannot approve.");
    case AppStanding::suspended:
      return shut("app_suspended", "The app " + app.name + " is suspended, and cannot approve.");
    case AppStanding::installed: break;
  }
  if (is_created_by_app(*this, at.deployment)) {
    return shut("self_review_prevented",
                "The app " + app.name + " created this deployment, and does not approve its own.");
  }
  GateVerdict verdict;
  verdict.reason_code = waits_for_app;
  if (facts.is_approved) {
    verdict.state = GateState::open;
    verdict.message = "The app " + app.name + " has approved.";
    return verdict;
  }
  // It was asked when both were there.
  const Timestamp since = std::max(created_at, at.deployment.created_at);
  verdict.numbers = {{"since", to_micros(since) / 1'000'000}};
  verdict.message = "Waits for the app " + app.name + " since " + format_time(since) + ".";
  if (!facts.latest_report.empty()) verdict.message += " It reports: " + facts.latest_report;
  verdict.openers.push_back({app.bot_id, bot_login(app.slug)});
  return verdict;
}

void CustomRule::write_settings(JsonWriter& json) const { json.member("app_id", app.id.value); }

bool CustomRule::read_settings(const Json& settings) {
  app.id = {settings.integer_at("app_id").value_or(0)};
  return static_cast<bool>(app.id);
}

void CustomRule::write_audit(JsonWriter& /*json*/) const {}

Result<void> check_custom_rule_answer(const CustomRule& rule, const Deployment& deployment,
                                      const CustomRuleFacts& facts, CustomRuleState state) {
  if (state == CustomRuleState::approved && is_created_by_app(rule, deployment)) {
    return fail(
        ErrorCode::invalid,
        "The app " + rule.app.name + " created this deployment: its rule does not approve it.",
        "self_review_prevented");
  }
  if (state == CustomRuleState::reported && facts.report_count >= custom_rule_reports_max) {
    return fail_validation({"DeploymentProtectionRule", "comment", "custom",
                            "There can be at most " + std::to_string(custom_rule_reports_max) +
                                " reports about a deployment"},
                           "too_many_reports");
  }
  return {};
}

}  // namespace esclusa::core
