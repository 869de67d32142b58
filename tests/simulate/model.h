#pragma once
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/boot_clock.h"
#include "base/time.h"

/// The oracle: computes from the history what the rules of the gates demand, in the simplest way,
/// and without any code of the program that it judges.
namespace esclusa::simulate {

enum class Phase { held, released, ended };
enum class RefKind { branch, tag, commit };
enum class PolicyMode { protected_branches, custom };

struct Person {
  std::string login;
  size_t human = 0;  ///< the human who is responsible for it: itself, unless it is a bot
  bool is_admin = false;
  bool is_blocked = false;
  std::array<bool, 2> in_team{};
  bool has_role = true;  ///< has a role in the repository
  bool is_app = false;   ///< the bot of an app: it only creates deployments
};

/// An app that may provide custom rules.
struct App {
  std::string slug;
  size_t person = 0;     ///< its bot
  bool has_hook = true;  ///< and so is asked
  bool is_installed = true;
  bool is_suspended = false;
};

struct Ref {
  std::string given;
  RefKind kind = RefKind::branch;
  std::string name;  ///< the short name; empty for a commit
};

/// A person or a team.
struct Reviewer {
  bool is_team = false;
  size_t index = 0;
  bool operator==(const Reviewer&) const = default;
};

struct ReviewRule {
  std::vector<Reviewer> reviewers;
  int needed = 1;
  bool prevents_self_review = false;
  int version = 0;  ///< increases with every change
};

struct Policy {
  int64_t id = 0;
  bool is_tag = false;
  std::string pattern;
};

struct CustomRule {
  int64_t id = 0;
  size_t app = 0;
};

struct Environment {
  std::string name;
  bool exists = false;
  bool can_bypass = true;
  std::optional<PolicyMode> mode = {};
  std::vector<Policy> policies = {};
  int minutes = 0;
  int needed = 1;  ///< this and the next are kept even if there is no review
  bool prevents_self_review = false;
  std::optional<ReviewRule> review = {};
  std::vector<CustomRule> custom = {};  ///< in the order of their ids
  bool requires_claim = false;

  bool is_guarded() const { return mode || minutes > 0 || review || !custom.empty(); }
};

struct Approval {
  size_t person = 0;
  int version = 0;  ///< the version of the rule
};

struct Deployment {
  int64_t id = 0;
  size_t environment = 0;
  size_t ref = 0;
  size_t creator = 0;
  std::string sha;
  Timestamp created{};
  BootTime boot = {};
  Phase phase = Phase::released;
  bool is_deleted = false;
  std::vector<Approval> approvals = {};
  std::set<int64_t> approved_rules = {};  ///< the custom rules whose apps have approved
  std::map<int64_t, int> reports = {};    ///< the number of reports of a custom rule
  std::set<int64_t> asked = {};           ///< what waited for its app at the latest judgement
  std::string verdicts = {};              ///< verdict of each gate at the latest judgement
  std::string state = {};                 ///< the state of the latest status
  std::string reached = {};               ///< a final state, or `in_progress`, if it ever had one
  std::string location = {};              ///< the environment of the latest status, in lower case
  int begun = 0;                          ///< how often an agent has begun its command
  std::string kind = "deploy";
  int64_t origin = 0;   ///< the deployment that it repeats; 0: none
  int64_t success = 0;  ///< of its latest success since it came to its location, in their order

  void move_to(const std::string& place) {
    if (place != location) success = 0;
    location = place;
  }
};

/// An agent, by a token for some environments.
struct Agent {
  std::string name;
  std::set<size_t> environments;
};

enum class ClaimPhase { claimed, started, ended };

/// A claim of an agent.
struct Claim {
  int64_t deployment = 0;
  size_t agent = 0;
  std::chrono::seconds seconds{};
  ClaimPhase phase = ClaimPhase::claimed;
  Timestamp beat{};  ///< the latest heartbeat
  BootTime boot = {};
  std::string reason = {};  ///< why it ended
};

/// A create with an `Idempotency-Key`.
struct KeyUse {
  Timestamp at{};
  int64_t deployment = 0;
};

enum class Gate { open, shut };

/// The gate of a custom rule.
struct CustomGate {
  int64_t rule = 0;
  Gate state = Gate::shut;
  std::string reason;
};

/// The state of each gate; `nullopt` if the environment has no such gate.
struct Gates {
  std::optional<Gate> policy, timer, review;
  std::vector<CustomGate> custom;
  bool all_open() const;
  /// The rules that wait for their apps.
  std::set<int64_t> asks() const;
  /// The verdicts with the server's names, sorted: `branch_policy:open wait_timer:shut`. Those of
  /// custom rules also have their reasons and rules. With `bypassed`, waiting gates count as
  /// bypassed.
  std::string text(bool bypassed = false) const;
};

/// A requested change of an environment; `nullopt`: unchanged.
struct EnvironmentWish {
  std::optional<std::optional<PolicyMode>> mode;
  std::optional<int> minutes;
  std::optional<std::vector<Reviewer>> reviewers;
  std::optional<int> needed;
  std::optional<bool> prevents_self_review;
  std::optional<bool> can_bypass;
  std::optional<bool> requires_claim;
};

struct Model {
  std::vector<Person> people;
  std::vector<Ref> refs;
  std::vector<Environment> environments;
  std::vector<App> apps;
  std::vector<std::string> protected_patterns;
  std::map<int64_t, Deployment> deployments;
  std::map<std::string, KeyUse> keys;  ///< by creator and key
  std::vector<Agent> agents;           ///< none: no agents act in this seed
  std::map<int64_t, Claim> claims;     ///< by fence
  Timestamp wall{};
  BootTime boot;
  int versions = 0;

  bool is_ref_allowed(size_t environment, size_t ref) const;
  Gates gates(const Deployment& deployment) const;
  CustomGate gate_of(const Deployment& deployment, const CustomRule& rule) const;
  /// nullptr if the environment has no rule of the app.
  const CustomRule* find_rule(size_t environment, size_t app) const;
  /// By a grant, or by the first team, which has a role; the other team has none.
  bool holds_role(size_t person) const;
  /// Whether the rule names the person, and the person has a role and is not blocked.
  bool may_review(const ReviewRule& rule, size_t person) const;
  bool is_self_review(const Deployment& deployment, size_t person) const;
  int count_approvals(const Deployment& deployment) const;
  /// The deployment of the key, if it was used within the last day.
  std::optional<int64_t> find_key(const std::string& key) const;
  /// nullptr if the deployment has no claim that has not ended.
  Claim* live_claim(int64_t deployment);
  const Claim* live_claim(int64_t deployment) const;
  /// Whether the claim's end has passed.
  bool has_passed(const Claim& claim) const;
  /// Whether a newer deployment is live or runs in the environment of this one.
  bool is_superseded(const Deployment& deployment) const;
  /// nullptr if it does not exist.
  const Deployment* find(int64_t id) const;
  /// The environment's name in lower case, as locations are.
  std::string place(size_t environment) const;
  /// The deployment with the latest success there; nullptr: there is none. It is live if that is
  /// still its state.
  const Deployment* latest_success(size_t environment) const;
  /// The id of what is live there; 0: nothing is.
  int64_t live(size_t environment) const;
  /// What a rollback goes back to; nullptr: there is none.
  const Deployment* live_before(size_t environment) const;
  Deployment* find(int64_t id);

  /// The review rule after the change, still with the old version; `nullopt`: no rule.
  std::optional<ReviewRule> review_after(size_t environment, const EnvironmentWish& wish) const;
  void ensure(size_t environment);
  void change(size_t environment, const EnvironmentWish& wish);
  void remove(size_t environment);
};

}  // namespace esclusa::simulate
