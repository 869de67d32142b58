#pragma once
#include <string>
#include <vector>

#include "app/context.h"
#include "core/account.h"
#include "store/deploy_keys.h"
#include "store/hooks.h"

namespace esclusa::app {

/// What the installations of an app made in the name of its bot, and what stays, as on GitHub, when
/// the app goes: it works without the app. Somebody removes it, or blocks the bot.
struct AppRemains {
  std::string bot;
  std::vector<store::PlacedHook> hooks;
  std::vector<store::PlacedKey> keys;
};

/// At all accounts, or at one.
AppRemains list_remains(Reader& db, const core::Account& bot, std::optional<AccountId> at = {});

}  // namespace esclusa::app
