#pragma once
#include <string>

#include "app/context.h"
#include "core/actor.h"
#include "core/administration.h"

/// How the machine's administrator blocks and unblocks an account.
namespace esclusa::app {

/// Whether a human's bots are blocked and unblocked together with the human, or keep their state.
enum class Bots { along, stay };

/// Blocks the account: its tokens stop working at once, and its hooks receive nothing. Writes an
/// audit row for each account that it blocks. `not_found`; 422 `not_a_member` for an organization.
Result<core::Blocking> block_account(const Context& context, const core::Actor& actor,
                                     const std::string& login, Bots bots = Bots::along);
/// Unblocks the account; the held deliveries of its hooks are due at once. Bots that were blocked
/// on their own stay blocked; with `Bots::stay`, so do bots that were blocked with the human.
Result<core::Blocking> unblock_account(const Context& context, const core::Actor& actor,
                                       const std::string& login, Bots bots = Bots::along);

}  // namespace esclusa::app
