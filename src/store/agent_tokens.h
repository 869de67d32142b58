#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "core/agent.h"
#include "sql/connection.h"
#include "store/kept.h"

namespace esclusa::store {

/// Inserts the token with its environments; `grant.token.id` is ignored.
AgentTokenId insert_agent_token(sql::Writer& tx, const core::AgentGrant& grant,
                                std::string_view digest);
/// All that acts by the token; nothing if it is unknown.
std::optional<core::AgentGrant> find_agent(sql::Reader& db, std::string_view digest);
std::optional<core::AgentGrant> find_agent(sql::Reader& db, AgentTokenId id);
/// The rows that it was made of, and that may change.
Sources sources_of(const core::AgentGrant& grant);
/// Of a repository, oldest first.
std::vector<core::AgentGrant> list_agents(sql::Reader& db, RepositoryId repository);
/// False if there is no such token, or it is already revoked.
bool revoke_agent_token(sql::Writer& tx, AgentTokenId id, Timestamp now);
void touch_agent_token(sql::Writer& tx, AgentTokenId id, Timestamp now);

}  // namespace esclusa::store
