#pragma once
#include <string>
#include <vector>

#include "app/context.h"
#include "core/actor.h"
#include "core/agent.h"

/// Tokens of agents, which the machine's administrator gives.
namespace esclusa::app {

/// Makes a token for environments of a repository, and with the first one the bot account of all
/// agents. An environment that does not exist yet is named, and not made: 422 as for a deployment
/// to it, `repository_not_found`, and the errors of `core::check_new_agent_token`.
Result<core::MintedAgentToken> create_agent_token(const Context& context, const core::Actor& actor,
                                                  const core::NewAgentToken& input);
/// Of the repository, oldest first, also those that have ended.
Result<std::vector<core::AgentGrant>> list_agent_tokens(Reader& db, const std::string& owner,
                                                        const std::string& name);
/// From the next request on the token opens nothing. 404 `token_not_found`.
Result<void> revoke_agent_token(const Context& context, const core::Actor& actor, AgentTokenId id);

}  // namespace esclusa::app
