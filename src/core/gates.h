#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/boot_clock.h"
#include "core/actor.h"
#include "core/deployment.h"
#include "core/environment.h"
#include "core/review.h"

namespace esclusa::core {

/// The wall clock and the boot clock, read together.
struct GateTime {
  Timestamp wall{};
  BootTime boot;
};

/// The facts for the verdicts, in addition to the deployment and the environment.
struct GateFacts {
  std::vector<BranchPolicy> branch_policies;
  std::vector<std::string> protected_branches;  ///< patterns
  std::vector<DeploymentReview> reviews;        ///< of this deployment
  /// Accounts that the rule names but that may not review now: they are not listed as openers.
  /// Filled only where the openers are shown.
  std::set<AccountId> unentitled = {};
  std::map<ProtectionRuleId, CustomRuleFacts> custom_rules = {};
  GateTime now;
};

enum class GateState { open, shut, bypassed };

/// The verdict of one gate on one deployment.
struct GateVerdict {
  GateKind kind = GateKind::branch_policy;
  ProtectionRuleId rule_id;
  GateState state = GateState::shut;
  std::string reason_code;
  std::string message;  ///< in English
  /// The integers of the message, by the names that the kind's header lists, for a page that says
  /// it in another language.
  std::map<std::string, int64_t> numbers = {};
  std::vector<Reviewer> openers = {};      ///< who can open it
  std::optional<Timestamp> opens_at = {};  ///< when the gate opens by time alone
};

/// What a rule judges.
struct GateCase {
  const Environment& environment;
  const Deployment& deployment;
  const GateFacts& facts;
  ProtectionRuleId rule_id;
};

/// The verdict of each gate of the environment, in the order of the rules. Pure. A gate is shut
/// unless it is clearly open.
std::vector<GateVerdict> judge_gates(const Environment& environment, const Deployment& deployment,
                                     const GateFacts& facts);
bool all_open(const std::vector<GateVerdict>& verdicts);
/// The verdicts after an administrator bypassed the shut gates whose kind can be bypassed.
std::vector<GateVerdict> bypass(std::vector<GateVerdict> verdicts, const Account& administrator);

/// A deployment and its gates: judged now while it is held; afterwards the last stored verdicts.
struct GateReport {
  Deployment deployment;
  std::optional<Environment> environment;  ///< nothing: deleted
  std::vector<GateVerdict> verdicts;
};

/// The kinds of the shut gates, for people: `wait_timer, required_reviewers`.
std::string shut_gates(const std::vector<GateVerdict>& verdicts);

/// Whether reviews are required in `after` but were not in `before`.
bool starts_asking_for_review(const std::vector<GateVerdict>& before,
                              const std::vector<GateVerdict>& after);

/// The custom rules that wait for their apps in `after`, and did not in `before`.
std::vector<ProtectionRuleId> rules_to_ask(const std::vector<GateVerdict>& before,
                                           const std::vector<GateVerdict>& after);

template <>
struct enum_names<GateState> {
  static constexpr NameTable<GateState, 3> values{
      {{GateState::open, "open"}, {GateState::shut, "shut"}, {GateState::bypassed, "bypassed"}}};
};

}  // namespace esclusa::core
