#pragma once
#include "base/crypto.h"
#include "base/json_writer.h"
#include "core/administration.h"
#include "core/agent.h"
#include "core/agent_seen.h"
#include "core/branch_protection.h"
#include "wire/json_body.h"

/// The answers to `esclusa user|token|org|repo`. GitHub has no such operations.
namespace esclusa::wire {

void write_admin_account(JsonWriter& json, const core::Account& account);
/// `text` is the token itself, which only its creation shows.
void write_token(JsonWriter& json, const core::Token& token, const Secret* text = nullptr);
/// The same of an agent, with its environments, and when it was last heard of.
void write_agent_token(JsonWriter& json, const core::AgentGrant& grant,
                       const std::optional<core::AgentSeen>& seen, const Secret* text = nullptr);
/// `expires_in_seconds` of a new token; nothing if it is absent.
Result<std::optional<std::chrono::seconds>> parse_expiry(const JsonBody& body);
void write_blocking(JsonWriter& json, const core::Blocking& blocking);

void write_registration(JsonWriter& json, const core::Registration& registration);
void write_repository_health(JsonWriter& json, const core::RepositoryHealth& listed);
void write_removal(JsonWriter& json, const core::Removal& removal);
void write_protection_pattern(JsonWriter& json, const core::BranchProtection& protection);

}  // namespace esclusa::wire
