#pragma once
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/ids.h"
#include "base/time.h"
#include "core/deployment.h"
#include "core/gates/kind.h"

namespace esclusa::core {

/// The app that a custom rule asks.
struct RuleApp {
  AppId id;
  std::string slug;
  std::string name;
  AccountId bot_id;  ///< the account as which the app acts
};

/// Whether an app can answer in a repository. `installed`: with the permission `deployments=write`
/// and the event `deployment_protection_rule`.
enum class AppStanding { installed, suspended, not_installed };

/// What an app says about a deployment: it decides, or it reports what it does.
enum class CustomRuleState { approved, rejected, reported };

/// An answer as it is sent.
struct NewCustomRuleAnswer {
  std::string environment;
  CustomRuleState state = CustomRuleState::reported;
  std::string comment;
};

/// What is known about one custom rule and one deployment.
struct CustomRuleFacts {
  AppStanding standing = AppStanding::not_installed;
  bool is_approved = false;  ///< the app's latest decision is an approval
  int report_count = 0;
  std::string latest_report;  ///< empty: none
};

/// The reason code of a gate that waits for its app's answer.
inline constexpr std::string_view waits_for_app = "custom_deployment_protection_rule";

// GitHub's limits.
inline constexpr size_t custom_rules_max = 6;       ///< of an environment
inline constexpr int custom_rule_reports_max = 10;  ///< of a rule about a deployment
inline constexpr size_t custom_rule_comment_chars_max = 1024;

/// An app decides: GitHub's custom deployment protection rule. Beside its waiting, a gate is shut
/// with the reason codes `app_not_installed`, `app_suspended` and `self_review_prevented`. Number
/// of a verdict that waits: `since`, in seconds of Unix time.
struct CustomRule {
  static constexpr GateKind kind = GateKind::custom;
  static constexpr bool can_be_bypassed = true;

  RuleApp app;             ///< only its id is a setting
  Timestamp created_at{};  ///< of the rule

  GateVerdict judge(const GateCase& at) const;
  void write_settings(JsonWriter& json) const;
  bool read_settings(const Json& settings);
  /// Nothing: the row names the apps of all custom rules in one member.
  void write_audit(JsonWriter& json) const;
};

/// Checks an answer by the rule's app: 422 `too_many_reports`, and `self_review_prevented` for the
/// approval of a deployment that the app created.
Result<void> check_custom_rule_answer(const CustomRule& rule, const Deployment& deployment,
                                      const CustomRuleFacts& facts, CustomRuleState state);

template <>
struct enum_names<CustomRuleState> {
  static constexpr NameTable<CustomRuleState, 3> values{{{CustomRuleState::approved, "approved"},
                                                         {CustomRuleState::rejected, "rejected"},
                                                         {CustomRuleState::reported, "reported"}}};
};

}  // namespace esclusa::core
