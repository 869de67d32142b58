#include "wire/environment.h"

#include <algorithm>
#include <limits>
#include "wire/json_body.h"

#include "base/text.h"
#include "wire/account.h"
#include "wire/enums.h"
#include "wire/node_id.h"
#include "wire/team.h"

namespace esclusa::wire {
namespace {

constexpr std::string_view permitted_keys[] = {
    "wait_timer",        "prevent_self_review", "reviewers",     "deployment_branch_policy",
    "can_admins_bypass", "required_approvals",  "requires_claim"};

/// A whole number; `null_means` if the member is null, nullopt if it is absent.
Result<std::optional<int>> optional_number(const JsonBody& body, std::string_view name,
                                           int null_means) {
  const auto member = body.find(name);
  if (!member) return std::nullopt;
  if (member->is_null()) return null_means;
  const auto number = member->integer();
  if (!number) return wrong_type(name, *member, "an integer");
  // A value out of range stays out of range, so core refuses it.
  return static_cast<int>(std::clamp<int64_t>(*number, -1, std::numeric_limits<int>::max()));
}

/// A boolean; `null_means` if the member is null, nullopt if it is absent.
Result<std::optional<bool>> optional_flag(const JsonBody& body, std::string_view name,
                                          bool null_means) {
  const auto member = body.find(name);
  if (!member) return std::nullopt;
  if (member->is_null()) return null_means;
  return TRY(body.optional_boolean(name));
}

Result<core::ReviewerId> parse_reviewer(const Json& reviewer) {
  if (!reviewer.is_object()) return wrong_type("reviewers", reviewer, "an object");
  const auto type = reviewer.find("type");
  const auto id = reviewer.find("id");
  if (!type) return fail_request("\"type\" wasn't supplied.");
  if (!id) return fail_request("\"id\" wasn't supplied.");
  const auto name = type->string();
  const auto number = id->integer();
  if (!name) return wrong_type("reviewers/type", *type, "a string");
  if (!number) return wrong_type("reviewers/id", *id, "an integer");
  if (*name == "User") return AccountId{*number};
  if (*name == "Team") return TeamId{*number};
  return fail_request(*name + R"( is not a member of ["User", "Team"].)");
}

Result<std::optional<std::vector<core::ReviewerId>>> parse_reviewers(const JsonBody& body) {
  const auto member = body.find("reviewers");
  if (!member) return std::nullopt;
  std::vector<core::ReviewerId> reviewers;
  if (member->is_null()) return reviewers;
  if (!member->is_array()) return wrong_type("reviewers", *member, "an array");
  for (const Json& element : member->elements()) {
    reviewers.push_back(TRY(parse_reviewer(element)));
  }
  return reviewers;
}

/// Absent, null, or one of the two modes; GitHub has a boolean for each mode.
using PolicyChange = std::optional<std::optional<core::BranchPolicyMode>>;
Result<PolicyChange> parse_branch_policy_mode(const JsonBody& body) {
  const auto member = body.find("deployment_branch_policy");
  if (!member) return PolicyChange{};
  if (member->is_null()) return PolicyChange{std::in_place, std::nullopt};
  if (!member->is_object()) return wrong_type("deployment_branch_policy", *member, "an object");
  bool flags[2] = {};
  constexpr const char* names[] = {"protected_branches", "custom_branch_policies"};
  for (size_t i = 0; i < 2; ++i) {
    const auto flag = member->find(names[i]);
    if (!flag) return fail_request("\"" + std::string(names[i]) + "\" wasn't supplied.");
    const auto value = flag->boolean();
    if (!value) return wrong_type(names[i], *flag, "a boolean");
    flags[i] = *value;
  }
  if (flags[0] == flags[1]) {
    return fail(ErrorCode::invalid,
                R"("custom_branch_policies" and "protected_branches" cannot have the same value)",
                "invalid_deployment_branch_policy");
  }
  return PolicyChange{flags[0] ? core::BranchPolicyMode::protected_branches
                               : core::BranchPolicyMode::custom_branch_policies};
}

/// The members that every type of rule begins with. The caller closes the object.
void begin_rule(JsonWriter& json, const core::ProtectionRule& rule,
                const core::Repository& repository) {
  json.begin_object()
      .member("id", rule.id.value)
      .member("node_id", node_id("GA", {repository.id.value, rule.id.value}))
      .member("type", core::to_name(rule.kind()));
}

void write_rule(JsonWriter& json, const core::ProtectionRule& rule,
                std::span<const core::ReviewerProfile> reviewers,
                const core::Repository& repository, const Urls& urls) {
  begin_rule(json, rule, repository);
  if (const auto* timer = std::get_if<core::WaitTimerRule>(&rule.gate)) {
    json.member("wait_timer", timer->minutes);
  } else if (const auto* review = std::get_if<core::RequiredReviewersRule>(&rule.gate)) {
    json.member("prevent_self_review", review->prevent_self_review);
    json.key("reviewers");
    write_reviewers(json, reviewers, urls);
    // Esclusa's own member. It is left out for one approval, which is GitHub's rule.
    if (review->required_approvals > 1) {
      json.member("required_approvals", review->required_approvals);
    }
  }
  json.end_object();
}

}  // namespace

Result<core::EnvironmentChange> parse_environment_change(std::string_view text) {
  const JsonBody body = TRY(JsonBody::parse(trim(text) == "null" ? "{}" : text));
  for (const auto& [name, value] : body.json().members()) {
    if (std::ranges::count(permitted_keys, name) == 0) {
      return fail_request("Invalid input: \"" + name + "\" is not a permitted key.");
    }
  }
  core::EnvironmentChange change;
  change.wait_timer = TRY(optional_number(body, "wait_timer", 0));
  change.prevent_self_review = TRY(optional_flag(body, "prevent_self_review", false));
  change.reviewers = TRY(parse_reviewers(body));
  change.required_approvals = TRY(optional_number(body, "required_approvals", 1));
  change.branch_policy = TRY(parse_branch_policy_mode(body));
  change.can_admins_bypass = TRY(optional_flag(body, "can_admins_bypass", true));
  change.requires_claim = TRY(optional_flag(body, "requires_claim", false));
  return change;
}

Result<core::BranchPolicy> parse_new_branch_policy(std::string_view text) {
  const JsonBody body = TRY(JsonBody::parse(text));
  core::BranchPolicy policy;
  policy.name = TRY(body.required_string("name"));
  policy.kind = TRY(optional_enum<core::BranchPolicyKind>(body, "type")).value_or(policy.kind);
  return policy;
}

Result<std::string> parse_branch_policy_name(std::string_view text) {
  return TRY(JsonBody::parse(text)).required_string("name");
}

std::string environment_url(const Urls& urls, const core::Repository& repository,
                            const std::string& name) {
  return urls.repository(repository) + "/environments/" + percent_encode(name);
}

std::string branch_policy_url(const Urls& urls, const core::Repository& repository,
                              const std::string& environment, BranchPolicyId id) {
  return urls.repository(repository) + "/environments/" + percent_encode(environment) +
         "/deployment-branch-policies/" + std::to_string(id.value);
}

void begin_environment(JsonWriter& json, EnvironmentId id, const std::string& name,
                       const core::Repository& repository, const Urls& urls) {
  json.begin_object()
      .member("id", id.value)
      .member("node_id", node_id("EN", {repository.id.value, id.value}))
      .member("name", name)
      .member("url", environment_url(urls, repository, name))
      .member("html_url",
              urls.web + "/" + Urls::path_of(repository) +
                  "/deployments/activity_log?environments_filter=" + percent_encode(name));
}

void write_environment(JsonWriter& json, const core::EnvironmentDetails& environment,
                       const core::Repository& repository, const Urls& urls) {
  begin_environment(json, environment.id, environment.name.name, repository, urls);
  json.member("created_at", environment.created_at)
      .member("updated_at", environment.updated_at)
      .member("can_admins_bypass", environment.can_admins_bypass);
  // Esclusa's own member, left out where it is not set.
  if (environment.requires_claim) json.member("requires_claim", true);
  json.key("protection_rules").begin_array();
  for (const core::ProtectionRule& rule : environment.rules) {
    // GitHub shows custom rules only in their own list.
    if (rule.kind() == core::GateKind::custom) continue;
    write_rule(json, rule, environment.reviewers, repository, urls);
  }
  json.end_array().key("deployment_branch_policy");
  if (const auto* policy = environment.find<core::BranchPolicyRule>()) {
    const bool is_custom = policy->mode == core::BranchPolicyMode::custom_branch_policies;
    json.begin_object()
        .member("protected_branches", !is_custom)
        .member("custom_branch_policies", is_custom)
        .end_object();
  } else {
    json.value(nullptr);
  }
  json.end_object();
}

void write_reviewers(JsonWriter& json, std::span<const core::ReviewerProfile> reviewers,
                     const Urls& urls) {
  json.begin_array();
  for (const core::ReviewerProfile& reviewer : reviewers) {
    json.begin_object();
    if (const auto* team = std::get_if<core::Team>(&reviewer)) {
      json.member("type", "Team").key("reviewer");
      write_team(json, *team, urls);
    } else {
      json.member("type", "User").key("reviewer");
      write_account(json, std::get<core::Account>(reviewer), urls);
    }
    json.end_object();
  }
  json.end_array();
}

void write_branch_policy(JsonWriter& json, const core::BranchPolicy& policy,
                         const core::Repository& repository) {
  json.begin_object()
      .member("id", policy.id.value)
      .member("node_id", node_id("GBP", {repository.id.value, policy.id.value}))
      .member("name", policy.name)
      .member("type", core::to_name(policy.kind))
      .end_object();
}

}  // namespace esclusa::wire
