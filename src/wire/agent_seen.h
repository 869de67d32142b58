#pragma once
#include <optional>

#include "base/json_writer.h"
#include "core/agent_seen.h"

/// The answers that say when agents were last heard of. GitHub has no such operations.
namespace esclusa::wire {

/// `null` if it was never heard of.
void write_seen(JsonWriter& json, const std::optional<core::AgentSeen>& seen);
void write_listed_agent(JsonWriter& json, const core::ListedAgent& agent);

}  // namespace esclusa::wire
