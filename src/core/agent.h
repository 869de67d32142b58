#pragma once
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/time.h"
#include "core/account.h"

/// Agents: programs that run deployments. Each acts by a token that is for some environments of one
/// repository: docs/decisions/0034.
namespace esclusa::core {

/// The bot account in whose name all agents act. It has no role anywhere.
inline constexpr std::string_view agent_slug = "esclusa-agent";

/// A token of an agent: `esca_…`.
struct AgentToken {
  AgentTokenId id;
  std::string name;  ///< for people; may be empty
  Timestamp created_at{};
  std::optional<Timestamp> expires_at = {};
  std::optional<Timestamp> last_used_at = {};
  std::optional<Timestamp> revoked_at = {};
};

/// What acts when a token of an agent is used, and where.
struct AgentGrant {
  AgentToken token;
  RepositoryId repository_id;
  /// By the rows of their names, which outlive the environments.
  std::map<EnvironmentNameId, std::string> environments;
  Account account;  ///< the bot

  /// Whether it is for deployments that were created for this environment.
  bool is_for(EnvironmentNameId original_environment) const {
    return environments.contains(original_environment);
  }
  /// The same by the name, without regard to case.
  bool is_for(std::string_view environment) const;
};

/// What is asked for a new token.
struct NewAgentToken {
  std::string owner;
  std::string repository;
  std::vector<std::string> environments;
  std::string name = {};
  std::optional<std::chrono::seconds> expires_in = {};
};

/// A new token. Its text is shown once; only its digest is stored.
struct MintedAgentToken {
  AgentGrant grant;
  Secret text;
};

/// Checks the name, and the number of environments.
Result<void> check_new_agent_token(const NewAgentToken& input);

/// Whether the token works at `now`: it has not expired nor been revoked, and the bot is not
/// blocked.
bool is_usable(const AgentGrant& grant, Timestamp now);

}  // namespace esclusa::core
