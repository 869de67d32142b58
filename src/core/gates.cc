#include "core/gates.h"

#include <algorithm>

#include "base/text.h"

namespace esclusa::core {
namespace {

bool can_be_bypassed(GateKind kind) {
  return std::visit([](const auto& rule) { return rule.can_be_bypassed; }, empty_rule(kind));
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
    if (verdict.state == GateState::shut) names.emplace_back(to_name(verdict.kind));
  }
  return join(names, ", ");
}

bool starts_asking_for_review(const std::vector<GateVerdict>& before,
                              const std::vector<GateVerdict>& after) {
  auto asks = [](const GateVerdict& verdict) {
    return verdict.kind == GateKind::required_reviewers && verdict.state == GateState::shut;
  };
  return std::ranges::any_of(after, [&](const GateVerdict& now) {
    return asks(now) && std::ranges::none_of(before, [&](const GateVerdict& then) {
             return asks(then) && then.rule_id == now.rule_id;
           });
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
