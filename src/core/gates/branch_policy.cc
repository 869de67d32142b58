#include "core/gates/branch_policy.h"

#include "base/json.h"
#include "base/json_writer.h"
#include "core/gates.h"
#include "core/ref_matches.h"

namespace esclusa::core {
namespace {

constexpr std::string_view branches = "refs/heads/";
constexpr std::string_view tags = "refs/tags/";

/// Custom policies for branches and for tags match short names. A policy for branches also matches
/// any other ref (`refs/pull/1/merge`), by its full name. A bare commit has no name and matches
/// none.
bool is_allowed(BranchPolicyMode mode, RefKind kind, std::string_view name,
                const GateFacts& facts) {
  if (kind == RefKind::branch) name.remove_prefix(branches.size());
  if (kind == RefKind::tag) name.remove_prefix(tags.size());
  std::vector<std::string_view> patterns;
  if (mode == BranchPolicyMode::protected_branches) {
    if (kind != RefKind::branch) return false;
    if (facts.protected_branches.empty()) return true;
    patterns.assign(facts.protected_branches.begin(), facts.protected_branches.end());
  } else {
    if (kind == RefKind::commit) return false;
    const auto wanted = kind == RefKind::tag ? BranchPolicyKind::tag : BranchPolicyKind::branch;
    for (const BranchPolicy& policy : facts.branch_policies) {
      if (policy.kind == wanted) patterns.push_back(policy.name);
    }
  }
  return RefMatches::of_process().has_match(patterns, name);
}

std::string_view word_for(RefKind kind) {
  switch (kind) {
    case RefKind::branch: return "Branch";
    case RefKind::tag: return "Tag";
    case RefKind::commit: return "Commit";
    case RefKind::other_ref: break;
  }
  return "Ref";
}

/// The message is GitHub's.
std::string forbidden(RefKind kind, const std::string& ref, const Environment& environment) {
  return std::string(word_for(kind)) + " \"" + ref + "\" is not allowed to deploy to " +
         environment.name.name + " due to environment protection rules.";
}

}  // namespace

GateVerdict BranchPolicyRule::judge(const GateCase& at) const {
  GateVerdict verdict;
  verdict.reason_code = "branch_policy";
  if (is_allowed(mode, at.deployment.ref_kind, at.deployment.ref_name, at.facts)) {
    verdict.state = GateState::open;
    verdict.message = "The ref may be deployed here.";
  } else {
    verdict.message = forbidden(at.deployment.ref_kind, at.deployment.ref, at.environment);
  }
  return verdict;
}

void BranchPolicyRule::write_settings(JsonWriter& json) const {
  json.member("mode", to_name(mode));
}

bool BranchPolicyRule::read_settings(const Json& settings) {
  const auto name = settings.string_at("mode");
  const auto known = from_name<BranchPolicyMode>(name.value_or(""));
  if (known) mode = *known;
  return known.has_value();
}

void BranchPolicyRule::write_audit(JsonWriter& json) const {
  json.member("branch_policy", to_name(mode));
}

Result<void> check_branch_policy(const Environment& environment, const ResolvedRef& ref,
                                 const std::string& given_ref, const GateFacts& facts) {
  const auto* rule = environment.find<BranchPolicyRule>();
  if (rule == nullptr || is_allowed(rule->mode, ref.kind, ref.full_name, facts)) return {};
  return fail(ErrorCode::invalid, forbidden(ref.kind, given_ref, environment), "branch_policy");
}

}  // namespace esclusa::core
