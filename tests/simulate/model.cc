#include "simulate/model.h"

#include <fnmatch.h>

#include <algorithm>
#include <cctype>

namespace esclusa::simulate {
namespace {

/// Uses the C library, which knows `*` and FNM_PATHNAME, too.
bool fits(const std::string& pattern, const std::string& name) {
  return fnmatch(pattern.c_str(), name.c_str(), FNM_PATHNAME) == 0;
}

}  // namespace

std::string Gates::text(bool bypassed) const {
  std::string text;
  auto add = [&](const char* kind, std::optional<Gate> gate, const char* when_shut) {
    if (!gate) return;
    text += (text.empty() ? "" : " ") + std::string(kind) + ":" +
            (gate == Gate::open ? "open" : when_shut);
  };
  const char* waits = bypassed ? "bypassed" : "shut";
  add("branch_policy", policy, "shut");
  for (const CustomGate& gate : custom) {
    add("custom_deployment_protection_rule", gate.state, waits);
    text += ":" + gate.reason + ":" + std::to_string(gate.rule);
  }
  add("required_reviewers", review, waits);
  add("wait_timer", timer, waits);
  return text;
}

bool Gates::all_open() const {
  return policy != Gate::shut && timer != Gate::shut && review != Gate::shut &&
         std::ranges::none_of(custom, [](auto& gate) { return gate.state == Gate::shut; });
}

std::set<int64_t> Gates::asks() const {
  std::set<int64_t> rules;
  for (const CustomGate& gate : custom) {
    const bool can_answer = gate.reason == "custom_deployment_protection_rule";
    if (gate.state == Gate::shut && can_answer) rules.insert(gate.rule);
  }
  return rules;
}

bool Model::is_ref_allowed(size_t environment, size_t index) const {
  const Environment& there = environments[environment];
  const Ref& ref = refs[index];
  if (!there.mode) return true;
  if (there.mode == PolicyMode::protected_branches) {
    if (ref.kind != RefKind::branch) return false;
    return protected_patterns.empty() || std::ranges::any_of(protected_patterns, [&](auto& each) {
             return fits(each, ref.name);
           });
  }
  if (ref.kind == RefKind::commit) return false;
  return std::ranges::any_of(there.policies, [&](const Policy& policy) {
    return policy.is_tag == (ref.kind == RefKind::tag) && fits(policy.pattern, ref.name);
  });
}

Gates Model::gates(const Deployment& deployment) const {
  const Environment& there = environments[deployment.environment];
  auto gate = [](bool is_open) { return is_open ? Gate::open : Gate::shut; };
  Gates gates;
  if (there.mode) gates.policy = gate(is_ref_allowed(deployment.environment, deployment.ref));
  if (there.minutes > 0) {
    // Within one boot, the boot's own clock counts, whatever happens to the wall clock.
    const bool same_boot = boot.boot_id == deployment.boot.boot_id;
    const auto passed =
        same_boot ? boot.since_boot - deployment.boot.since_boot : wall - deployment.created;
    gates.timer = gate(passed >= std::chrono::minutes(there.minutes));
  }
  if (there.review) gates.review = gate(count_approvals(deployment) >= there.review->needed);
  for (const CustomRule& rule : there.custom) gates.custom.push_back(gate_of(deployment, rule));
  return gates;
}

CustomGate Model::gate_of(const Deployment& deployment, const CustomRule& rule) const {
  const App& app = apps[rule.app];
  if (!app.is_installed) return {rule.id, Gate::shut, "app_not_installed"};
  if (app.is_suspended) return {rule.id, Gate::shut, "app_suspended"};
  if (deployment.creator == app.person) return {rule.id, Gate::shut, "self_review_prevented"};
  const bool is_approved = deployment.approved_rules.contains(rule.id);
  return {rule.id, is_approved ? Gate::open : Gate::shut, "custom_deployment_protection_rule"};
}

const CustomRule* Model::find_rule(size_t environment, size_t app) const {
  const auto& rules = environments[environment].custom;
  const auto found = std::ranges::find(rules, app, &CustomRule::app);
  return found != rules.end() ? &*found : nullptr;
}

bool Model::holds_role(size_t index) const {
  return people[index].has_role || people[index].in_team[0];
}

bool Model::may_review(const ReviewRule& rule, size_t index) const {
  const Person& person = people[index];
  if (person.is_blocked || people[person.human].is_blocked) return false;
  if (!holds_role(index) || !holds_role(person.human)) return false;
  return std::ranges::any_of(rule.reviewers, [&](const Reviewer& each) {
    return each.is_team ? person.in_team[each.index] : each.index == index;
  });
}

bool Model::is_self_review(const Deployment& deployment, size_t person) const {
  return people[person].human == people[deployment.creator].human;
}

int Model::count_approvals(const Deployment& deployment) const {
  const auto& rule = environments[deployment.environment].review;
  if (!rule) return 0;
  std::set<size_t> humans;
  for (const Approval& approval : deployment.approvals) {
    if (approval.version != rule->version || !may_review(*rule, approval.person)) continue;
    if (rule->prevents_self_review && is_self_review(deployment, approval.person)) continue;
    humans.insert(people[approval.person].human);
  }
  return static_cast<int>(humans.size());
}

std::optional<int64_t> Model::find_key(const std::string& key) const {
  const auto found = keys.find(key);
  if (found == keys.end() || found->second.at < wall - std::chrono::hours(24)) return std::nullopt;
  return found->second.deployment;
}

const Claim* Model::live_claim(int64_t deployment) const {
  for (const auto& [fence, claim] : claims) {
    if (claim.deployment == deployment && claim.phase != ClaimPhase::ended) return &claim;
  }
  return nullptr;
}

Claim* Model::live_claim(int64_t deployment) {
  return const_cast<Claim*>(static_cast<const Model*>(this)->live_claim(deployment));
}

bool Model::has_passed(const Claim& claim) const {
  const bool same_boot = boot.boot_id == claim.boot.boot_id;
  return (same_boot ? boot.since_boot - claim.boot.since_boot : wall - claim.beat) >= claim.seconds;
}

bool Model::is_superseded(const Deployment& deployment) const {
  const std::string there = place(deployment.environment);
  return std::ranges::any_of(deployments, [&](const auto& each) {
    const Deployment& other = each.second;
    return other.id > deployment.id && !other.is_deleted && other.location == there &&
           (other.state == "success" || other.state == "in_progress");
  });
}

std::string Model::place(size_t environment) const {
  std::string text = environments[environment].name;
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

const Deployment* Model::latest_success(size_t environment) const {
  const std::string there = place(environment);
  const Deployment* latest = nullptr;
  for (const auto& [id, each] : deployments) {
    if (each.is_deleted || each.location != there || each.success == 0) continue;
    if (latest == nullptr || each.success > latest->success) latest = &each;
  }
  return latest;
}

int64_t Model::live(size_t environment) const {
  const Deployment* latest = latest_success(environment);
  return latest != nullptr && latest->state == "success" ? latest->id : 0;
}

const Deployment* Model::live_before(size_t environment) const {
  const Deployment* latest = latest_success(environment);
  if (latest == nullptr) return nullptr;
  // A rollback takes back whatever was live after its origin.
  int64_t success = latest->success, id = 0;
  for (const Deployment* step = latest; step->kind == "rollback";) {
    const Deployment* origin = find(step->origin);
    if (origin == nullptr || origin->location != latest->location) {
      id = step->origin;
      break;
    }
    step = origin;
    if (step->success != 0) success = std::min(success, step->success);
  }
  const Deployment* before = nullptr;
  for (const auto& [each_id, each] : deployments) {
    const bool was_live = !each.is_deleted && each.location == latest->location &&
                          each.success > 0 && each.success < success;
    const bool is_good = each.state != "failure" && each.state != "error";
    if (!was_live || !is_good || each.sha == latest->sha || (id != 0 && each_id >= id)) continue;
    if (before == nullptr || each.success > before->success) before = &each;
  }
  return before;
}

const Deployment* Model::find(int64_t id) const {
  const auto found = deployments.find(id);
  return found == deployments.end() || found->second.is_deleted ? nullptr : &found->second;
}

Deployment* Model::find(int64_t id) {
  return const_cast<Deployment*>(static_cast<const Model*>(this)->find(id));
}

std::optional<ReviewRule> Model::review_after(size_t environment,
                                              const EnvironmentWish& wish) const {
  const Environment& there = environments[environment];
  ReviewRule rule = there.review.value_or(ReviewRule{});
  if (wish.reviewers) rule.reviewers = *wish.reviewers;
  rule.needed = wish.needed.value_or(there.needed);
  rule.prevents_self_review = wish.prevents_self_review.value_or(there.prevents_self_review);
  return rule.reviewers.empty() ? std::nullopt : std::optional(rule);
}

void Model::ensure(size_t environment) {
  Environment& there = environments[environment];
  if (!there.exists) there = {.name = there.name, .exists = true};
}

void Model::change(size_t environment, const EnvironmentWish& wish) {
  ensure(environment);
  auto after = review_after(environment, wish);
  Environment& there = environments[environment];
  const auto& before = there.review;
  if (after &&
      (!before || before->reviewers != after->reviewers || before->needed != after->needed ||
       before->prevents_self_review != after->prevents_self_review)) {
    after->version = ++versions;
  }
  there.review = after;
  there.needed = wish.needed.value_or(there.needed);
  there.prevents_self_review = wish.prevents_self_review.value_or(there.prevents_self_review);
  there.minutes = wish.minutes.value_or(there.minutes);
  there.mode = wish.mode.value_or(there.mode);
  there.can_bypass = wish.can_bypass.value_or(there.can_bypass);
  there.requires_claim = wish.requires_claim.value_or(there.requires_claim);
  if (there.mode != PolicyMode::custom) there.policies.clear();
}

void Model::remove(size_t environment) {
  environments[environment] = {.name = environments[environment].name};
}

}  // namespace esclusa::simulate
