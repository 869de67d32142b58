#pragma once
#include <optional>
#include <string>
#include <variant>

#include "base/ids.h"
#include "base/time.h"

/// When agents were last heard of: docs/decisions/0039.
namespace esclusa::core {

/// The token that an agent uses: one of an agent, or one of an account.
using AgentCredential = std::variant<AgentTokenId, TokenId>;

/// The last that was heard of an agent.
struct AgentSeen {
  Timestamp last_seen_at{};
  std::optional<Timestamp> feed_read_at = {};  ///< nothing: it has never read the feed
  std::string address = {};                    ///< without a port; empty: not known
  std::string version = {};                    ///< as its `User-Agent` says; may be empty
  std::string last_action = {};                ///< the name of an operation
};

/// An agent, by its token.
struct ListedAgent {
  AgentCredential credential;
  std::string name;        ///< of the token; may be empty
  std::string account;     ///< the login in whose name it acts
  std::string repository;  ///< `owner/name`; empty: the token is for several
  Timestamp created_at{};
  std::optional<Timestamp> expires_at = {};
  std::optional<AgentSeen> seen = {};  ///< nothing: it was never heard of
};

}  // namespace esclusa::core
