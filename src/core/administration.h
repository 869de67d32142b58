#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "core/account.h"
#include "core/repository.h"
#include "core/token.h"

/// What the commands of the machine's administrator answer.
namespace esclusa::core {

/// A bot of the account in its present state.
struct BotState {
  Account account;
  int64_t hook_count = 0;     ///< hooks that the bot answers for
  std::vector<Token> tokens;  ///< usable ones, as if the bot were not blocked
};

/// The account after it was blocked or unblocked.
struct Blocking {
  Account account;
  int64_t hook_count = 0;  ///< hooks that it answers for; a block holds their deliveries
  std::vector<BotState> bots = {};
  /// Only after a block: whether no unblocked site administrator is left, and the organizations
  /// that have no unblocked owner left.
  bool was_last_administrator = false;
  std::vector<std::string> without_owner = {};
};

/// A repository, and what was found in its folder, as sentences for people.
struct Registration {
  Repository repository;
  std::vector<std::string> found;
};

/// A repository and the health of its folder: empty, or a sentence that says what is wrong.
struct RepositoryHealth {
  Repository repository;
  std::string problem;
};

/// What the removal of a repository ended and deleted.
struct Removal {
  Repository repository;
  size_t deployment_count = 0;  ///< held deployments
  size_t hook_count = 0;
  size_t deploy_key_count = 0;
};

}  // namespace esclusa::core
