#include "core/agent.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "core/names.h"

namespace esclusa::core {

bool AgentGrant::is_for(std::string_view environment) const {
  return std::ranges::any_of(environments, [&](const auto& one) {
    return fold_case(one.second) == fold_case(environment);
  });
}

Result<void> check_new_agent_token(const NewAgentToken& input) {
  if (input.name.size() > limits::token_name_chars) {
    return fail(ErrorCode::invalid, "The token's name is too long", "too_long");
  }
  if (!is_utf8(input.name) || has_control_characters(input.name)) {
    return fail(ErrorCode::invalid, "The token's name is a line of text", "invalid_name");
  }
  if (input.environments.empty()) {
    return fail(ErrorCode::invalid, "A token of an agent is for at least one environment",
                "environment_required");
  }
  if (input.environments.size() > limits::agent_environments) {
    return fail(ErrorCode::invalid,
                "A token of an agent is for at most " + std::to_string(limits::agent_environments) +
                    " environments",
                "too_many_environments");
  }
  return {};
}

bool is_usable(const AgentGrant& grant, Timestamp now) {
  const AgentToken& token = grant.token;
  const bool is_expired = token.expires_at && *token.expires_at <= now;
  return !is_expired && !token.revoked_at && !grant.account.blocked_at;
}

}  // namespace esclusa::core
