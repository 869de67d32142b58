#include "app/token_use.h"

#include "store/accounts.h"

namespace esclusa::app {

void TokenUse::note(TokenId token, Timestamp at) {
  const Lock lock(mutex_);
  noted_[token] = at;
}

void TokenUse::flush(store::Database& database) {
  std::unordered_map<TokenId, Timestamp> taken;
  {
    const Lock lock(mutex_);
    taken.swap(noted_);
  }
  if (taken.empty()) return;
  auto written = database.write([&](store::Writer& tx) {
    for (const auto& [token, at] : taken) store::touch_token(tx, token, at);
  });
  if (written) return;
  const Lock lock(mutex_);
  noted_.merge(taken);
}

}  // namespace esclusa::app
