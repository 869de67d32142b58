#pragma once
#include <string>
#include <vector>

#include "app/context.h"

/// How the machine's administrator shuts an account out, and lets it in again.
namespace esclusa::app {

/// A bot of the account, as it stands now.
struct BotState {
  core::Account account;
  int64_t hook_count = 0;           ///< hooks that it answers for
  std::vector<core::Token> tokens;  ///< those that open something while it is not blocked
};

/// What an account is left with, or gets back.
struct Blocking {
  core::Account account;
  int64_t hook_count = 0;  ///< hooks that it answers for: nothing is sent to them meanwhile
  std::vector<BotState> bots = {};
  /// Of a block: no site administrator is left who is not blocked, and these organizations have no
  /// owner left who is not.
  bool was_last_administrator = false;
  std::vector<std::string> without_owner = {};
};

/// Whether the bots for which a human answers are blocked with the human, or stay as they are.
enum class Bots { along, stay };

/// From now on the account's tokens open nothing, and its hooks get nothing. Writes an audit row
/// for each account that it blocks. `not_found`; 422 `not_a_member` for an organization.
Result<Blocking> block_account(const Context& context, const core::Principal& principal,
                               const std::string& login, Bots bots = Bots::along);
/// Takes that back; what its hooks held is due at once. Bots that were blocked on their own stay
/// blocked; with `Bots::stay` also those that were blocked with the human.
Result<Blocking> unblock_account(const Context& context, const core::Principal& principal,
                                 const std::string& login, Bots bots = Bots::along);

}  // namespace esclusa::app
