#include "core/gates.h"

#include <algorithm>

#include "base/text.h"

namespace esclusa::core {
namespace {

bool can_be_bypassed(GateKind kind) {
  return std::visit([](const auto& rule) { return rule.can_be_bypassed; }, empty_rule(kind));
}

/// The rules whose verdict in `after` satisfies `asks`, and did not in `before`.
template <class Asks>
std::vector<ProtectionRuleId> rules_that_begin(const std::vector<GateVerdict>& before,
                                               const std::vector<GateVerdict>& after, Asks asks) {
  std::vector<ProtectionRuleId> rules;
  for (const GateVerdict& now : after) {
    const auto asked_before = [&](const GateVerdict& then) {
      return then.rule_id == now.rule_id && asks(then);
    };
    if (asks(now) && std::ranges::none_of(before, asked_before)) rules.push_back(now.rule_id);
  }
  return rules;
}

}  // namespace

std::vector<GateVerdict> judge_gates(const Environment& environment, const Deployment& deployment,
                                     const GateFacts& facts) {
  std::vector<GateVerdict> verdicts;
  for (const ProtectionRule& rule : environment.rules) {
    const GateCase at{environment, deployment, facts, rule.id};
    GateVerdict verdict = std::visit([&](const auto& gate) { return gate.judge(at); }, rule.gate);
    verdict.kind = rule.kind();
    verdict.rule_id = rule.id;
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

bool all_open(const std::vector<GateVerdict>& verdicts) {
  return std::ranges::none_of(
      verdicts, [](const GateVerdict& verdict) { return verdict.state == GateState::shut; });
}

std::string shut_gates(const std::vector<GateVerdict>& verdicts) {
  std::vector<std::string> names;
  for (const GateVerdict& verdict : verdicts) {
    if (verdict.state != GateState::shut) continue;
    const std::string_view name = to_name(verdict.kind);
    // An environment may have several custom rules.
    if (names.empty() || names.back() != name) names.emplace_back(name);
  }
  return join(names, ", ");
}

bool starts_asking_for_review(const std::vector<GateVerdict>& before,
                              const std::vector<GateVerdict>& after) {
  return !rules_that_begin(before, after, [](const GateVerdict& verdict) {
            return verdict.kind == GateKind::required_reviewers && verdict.state == GateState::shut;
          }).empty();
}

std::vector<ProtectionRuleId> rules_to_ask(const std::vector<GateVerdict>& before,
                                           const std::vector<GateVerdict>& after) {
  return rules_that_begin(before, after, [](const GateVerdict& verdict) {
    return verdict.kind == GateKind::custom && verdict.state == GateState::shut &&
           verdict.reason_code == waits_for_app;
  });
}

std::vector<GateVerdict> bypass(std::vector<GateVerdict> verdicts, const Account& administrator) {
  for (GateVerdict& verdict : verdicts) {
    if (verdict.state != GateState::shut || !can_be_bypassed(verdict.kind)) continue;
    verdict.state = GateState::bypassed;
    verdict.message = administrator.login + " went past it.";
    verdict.openers.clear();
    verdict.opens_at.reset();
  }
  return verdicts;
}

}  // namespace esclusa::core
