#pragma once
#include <charconv>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace esclusa {

/// The id of a row: each table has its own type. Positive, below 2^53, never reused.
template <class Tag>
struct Id {
  int64_t value = 0;
  auto operator<=>(const Id&) const = default;
  explicit operator bool() const { return value > 0; }
};

using AccountId = Id<struct AccountTag>;
using TokenId = Id<struct TokenTag>;
using AppId = Id<struct AppTag>;
using AppKeyId = Id<struct AppKeyTag>;
using InstallationId = Id<struct InstallationTag>;
using InstallationTokenId = Id<struct InstallationTokenTag>;
using AgentTokenId = Id<struct AgentTokenTag>;
using RepositoryId = Id<struct RepositoryTag>;
using TeamId = Id<struct TeamTag>;
using BranchProtectionId = Id<struct BranchProtectionTag>;
using DeployKeyId = Id<struct DeployKeyTag>;
using EnvironmentNameId = Id<struct EnvironmentNameTag>;
using EnvironmentId = Id<struct EnvironmentTag>;
using ProtectionRuleId = Id<struct ProtectionRuleTag>;
using BranchPolicyId = Id<struct BranchPolicyTag>;
using DeploymentReviewId = Id<struct DeploymentReviewTag>;
using DeploymentId = Id<struct DeploymentTag>;
using DeploymentStatusId = Id<struct DeploymentStatusTag>;
using DeploymentClaimId = Id<struct DeploymentClaimTag>;
using CommitStatusId = Id<struct CommitStatusTag>;
using CheckRunId = Id<struct CheckRunTag>;
using RefIntentId = Id<struct RefIntentTag>;
using EventId = Id<struct EventTag>;
using HookId = Id<struct HookTag>;
using DeliveryId = Id<struct DeliveryTag>;
using DeliveryAttemptId = Id<struct DeliveryAttemptTag>;
using RedeliveryId = Id<struct RedeliveryTag>;

/// A positive decimal integer without sign, blanks or leading zeros; nothing for any other text.
inline std::optional<int64_t> parse_positive(std::string_view text) {
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 1) return std::nullopt;
  if (text[0] == '0') return std::nullopt;
  return value;
}

}  // namespace esclusa

template <class Tag>
struct std::hash<esclusa::Id<Tag>> {
  size_t operator()(const esclusa::Id<Tag>& id) const { return std::hash<int64_t>{}(id.value); }
};
