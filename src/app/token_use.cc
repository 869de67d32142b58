#include "app/token_use.h"

#include "store/accounts.h"
#include "store/agent_tokens.h"

namespace esclusa::app {

void TokenUse::note(TokenId token, Timestamp at) {
  const Lock lock(mutex_);
  noted_[token] = at;
}

void TokenUse::note(AgentTokenId token, Timestamp at) {
  const Lock lock(mutex_);
  noted_agents_[token] = at;
}

void TokenUse::flush(store::Database& database) {
  std::unordered_map<TokenId, Timestamp> taken;
  std::unordered_map<AgentTokenId, Timestamp> taken_agents;
  {
    const Lock lock(mutex_);
    taken.swap(noted_);
    taken_agents.swap(noted_agents_);
  }
  if (taken.empty() && taken_agents.empty()) return;
  auto written = database.write([&](store::Writer& tx) {
    for (const auto& [token, at] : taken) store::touch_token(tx, token, at);
    for (const auto& [token, at] : taken_agents) store::touch_agent_token(tx, token, at);
  });
  if (written) return;
  const Lock lock(mutex_);
  noted_.merge(taken);
  noted_agents_.merge(taken_agents);
}

}  // namespace esclusa::app
