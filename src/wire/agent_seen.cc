#include "wire/agent_seen.h"

namespace esclusa::wire {

void write_seen(JsonWriter& json, const std::optional<core::AgentSeen>& seen) {
  if (!seen) {
    json.value(nullptr);
    return;
  }
  json.begin_object()
      .member("last_seen_at", seen->last_seen_at)
      .member("feed_read_at", seen->feed_read_at)
      .member("address", seen->address)
      .member("version", seen->version)
      .member("last_action", seen->last_action)
      .end_object();
}

void write_listed_agent(JsonWriter& json, const core::ListedAgent& agent) {
  const auto* token = std::get_if<AgentTokenId>(&agent.credential);
  json.begin_object()
      .member("kind", token != nullptr ? "agent_token" : "token")
      .member("id", token != nullptr ? token->value : std::get<TokenId>(agent.credential).value)
      .member("name", agent.name)
      .member("account", agent.account);
  if (agent.repository.empty()) {
    json.member("repository", nullptr);
  } else {
    json.member("repository", agent.repository);
  }
  json.member("created_at", agent.created_at).member("expires_at", agent.expires_at).key("seen");
  write_seen(json, agent.seen);
  json.end_object();
}

}  // namespace esclusa::wire
