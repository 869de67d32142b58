#pragma once
#include <string>
#include <vector>

#include "app/context.h"
#include "core/actor.h"

/// How the machine's administrator blocks and unblocks an account.
namespace esclusa::app {

/// A bot of the account in its present state.
struct BotState {
  core::Account account;
  int64_t hook_count = 0;           ///< hooks that the bot answers for
  std::vector<core::Token> tokens;  ///< usable ones, as if the bot were not blocked
};

/// The account after it was blocked or unblocked.
struct Blocking {
  core::Account account;
  int64_t hook_count = 0;  ///< hooks that it answers for; a block holds their deliveries
  std::vector<BotState> bots = {};
  /// Only after a block: whether no unblocked site administrator is left, and the organizations
  /// that have no unblocked owner left.
  bool was_last_administrator = false;
  std::vector<std::string> without_owner = {};
};

/// Whether a human's bots are blocked and unblocked together with the human, or keep their state.
enum class Bots { along, stay };

/// Blocks the account: its tokens stop working at once, and its hooks receive nothing. Writes an
/// audit row for each account that it blocks. `not_found`; 422 `not_a_member` for an organization.
Result<Blocking> block_account(const Context& context, const core::Actor& actor,
                               const std::string& login, Bots bots = Bots::along);
/// Unblocks the account; the held deliveries of its hooks are due at once. Bots that were blocked
/// on their own stay blocked; with `Bots::stay`, so do bots that were blocked with the human.
Result<Blocking> unblock_account(const Context& context, const core::Actor& actor,
                                 const std::string& login, Bots bots = Bots::along);

}  // namespace esclusa::app
