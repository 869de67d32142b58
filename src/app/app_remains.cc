#include "app/app_remains.h"

namespace esclusa::app {

AppRemains list_remains(Reader& db, const core::Account& bot, std::optional<AccountId> at) {
  AppRemains remains{bot.login, store::list_placed_hooks_of(db, bot.id),
                     store::list_placed_keys_of(db, bot.id)};
  const auto is_elsewhere = [&](const auto& one) { return at && one.owner != *at; };
  std::erase_if(remains.hooks, is_elsewhere);
  std::erase_if(remains.keys, is_elsewhere);
  return remains;
}

}  // namespace esclusa::app
