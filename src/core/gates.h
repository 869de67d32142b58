#pragma once
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/boot_clock.h"
#include "core/deployment.h"
#include "core/environment.h"

namespace esclusa::core {

/// Both clocks, read together.
struct GateTime {
  Timestamp wall{};
  BootTime boot;
};

enum class ReviewState { approved, rejected, bypassed };

/// What somebody decided about one deployment, for one version of its environment's rule.
struct DeploymentReview {
  DeploymentReviewId id;
  DeploymentId deployment_id;
  EnvironmentId environment_id;
  EnvironmentName environment;
  std::optional<ProtectionRuleId> rule_id;  ///< nothing: a bypass, which names no rule
  std::string sha;
  ReviewState state = ReviewState::approved;
  Account reviewer;
  AccountId human_id;  ///< who answers for the reviewer
  std::string comment;
  Timestamp created_at{};
  /// Whether the reviewer may review by that rule today (store::may_review).
  bool is_entitled = false;
};

/// What the judges look at beside the deployment and the environment.
struct GateFacts {
  std::vector<BranchPolicy> branch_policies;
  std::vector<std::string> protected_branches;  ///< patterns
  std::vector<DeploymentReview> reviews;        ///< of this deployment
  /// Whom the rule names, and who may not review today: no openers. It is asked for where the
  /// openers are shown.
  std::set<AccountId> unentitled = {};
  GateTime now;
};

enum class GateState { open, shut, bypassed };

/// How one gate stands to one deployment.
struct GateVerdict {
  GateKind kind = GateKind::branch_policy;
  ProtectionRuleId rule_id;
  GateState state = GateState::shut;
  std::string reason_code;
  std::string message;
  std::vector<Reviewer> openers = {};      ///< who can open it
  std::optional<Timestamp> opens_at = {};  ///< when time alone does
};

/// The verdict of each gate of the environment, in the order of the rules. Pure; what is not
/// clearly open is shut.
std::vector<GateVerdict> judge_gates(const Environment& environment, const Deployment& deployment,
                                     const GateFacts& facts);
bool all_open(const std::vector<GateVerdict>& verdicts);
/// The gates that wait, opened by an administrator. A branch policy is no wait: it stays.
std::vector<GateVerdict> bypass(std::vector<GateVerdict> verdicts, const Account& administrator);

/// GitHub's refusal (422) if a branch policy forbids the ref.
Result<void> check_branch_policy(const Environment& environment, const ResolvedRef& ref,
                                 const std::string& given_ref, const GateFacts& facts);

/// Whoever answers for the account: a bot's human, and otherwise the account itself.
AccountId who_answers_for(const Account& account);

/// A review that somebody sends: of one deployment, since a run is a deployment here.
struct NewReview {
  std::vector<EnvironmentId> environment_ids;
  ReviewState state = ReviewState::approved;
  std::string comment;
};

/// A held deployment, as GitHub's pending deployments have it.
struct PendingDeployment {
  Deployment deployment;
  EnvironmentDetails environment;
  bool current_user_can_approve = false;
};

/// What was decided about a deployment, the newest first, and its environment if that is still
/// there.
struct ReviewHistory {
  std::vector<DeploymentReview> reviews;
  std::optional<Environment> environment;
};

/// How a deployment stands to its gates: live while it is held, as they were last judged after.
struct GateReport {
  Deployment deployment;
  std::optional<Environment> environment;  ///< nothing: it was deleted
  std::vector<GateVerdict> verdicts;
};

/// What a create would do now.
enum class DryRunOutcome { released, held, merged, refused };
struct DryRun {
  DryRunOutcome outcome = DryRunOutcome::refused;
  std::string sha = {};                 ///< empty where the ref is unknown
  std::string default_branch = {};      ///< short name, as it was looked at
  std::optional<Error> refusal = {};    ///< of `refused`
  std::vector<GateVerdict> gates = {};  ///< of `released` and `held`
  bool makes_environment = false;       ///< the environment is not there yet
};

/// The gates that are shut, for people to read: `wait_timer, required_reviewers`.
std::string shut_gates(const std::vector<GateVerdict>& verdicts);

/// Whether `after` asks for reviews that `before` did not ask for.
bool starts_asking_for_review(const std::vector<GateVerdict>& before,
                              const std::vector<GateVerdict>& after);

/// Whether `reviewer` may review the deployment under the rule; `is_entitled` as of a review. 403
/// `not_a_reviewer`, 422 `self_review_prevented`.
Result<void> check_reviewer(const RequiredReviewersRule& rule, const Deployment& deployment,
                            const Account& reviewer, bool is_entitled);

/// When the timer that started with the deployment ends: by the boot clock within one boot, which
/// nobody can set, and by the wall clock across boots.
Timestamp wait_ends_at(const Deployment& deployment, const WaitTimerRule& timer,
                       const GateTime& now);

template <>
struct enum_names<ReviewState> {
  static constexpr NameTable<ReviewState, 3> values{{{ReviewState::approved, "approved"},
                                                     {ReviewState::rejected, "rejected"},
                                                     {ReviewState::bypassed, "bypassed"}}};
};

template <>
struct enum_names<GateState> {
  static constexpr NameTable<GateState, 3> values{
      {{GateState::open, "open"}, {GateState::shut, "shut"}, {GateState::bypassed, "bypassed"}}};
};

template <>
struct enum_names<DryRunOutcome> {
  static constexpr NameTable<DryRunOutcome, 4> values{{{DryRunOutcome::released, "released"},
                                                       {DryRunOutcome::held, "held"},
                                                       {DryRunOutcome::merged, "merged"},
                                                       {DryRunOutcome::refused, "refused"}}};
};

}  // namespace esclusa::core
