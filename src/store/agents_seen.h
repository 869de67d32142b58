#pragma once
#include <optional>
#include <vector>

#include "core/agent_seen.h"
#include "store/database.h"

/// The rows that say when agents were last heard of.
namespace esclusa::store {

/// Notes that the agent was heard of; `seen.feed_read_at` stays as it is if it is nothing. Nothing
/// happens if the token is revoked, or the row says something later.
void note_agent_seen(Writer& tx, const core::AgentCredential& credential,
                     const core::AgentSeen& seen);
std::optional<core::AgentSeen> find_agent_seen(Reader& db, AgentTokenId id);

/// The tokens of agents that are not revoked, the newest first: of one repository or of all, at
/// most `limit`. Those too that were never heard of.
std::vector<core::ListedAgent> list_agent_tokens_seen(Reader& db,
                                                      std::optional<RepositoryId> repository,
                                                      int limit);
/// The tokens of accounts that were used as an agent uses one, and are not revoked; as above.
std::vector<core::ListedAgent> list_account_tokens_seen(Reader& db, int limit);

}  // namespace esclusa::store
