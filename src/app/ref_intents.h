#pragma once
#include <chrono>
#include <optional>
#include <span>

#include "app/change.h"
#include "core/push.h"
#include "core/ref_intent.h"
#include "git/repository.h"

/// Changes of refs in git: merges of Esclusa's own, and pushes. Each is stored as an intent before
/// git makes it, and settled after, so that it sends its `push` event once, whichever process dies
/// in between.
///
///     begin_intents        → stored, open
///     git changes the ref
///     settle_intent        → moved: audit row and event; or abandoned
///
/// What a crash leaves open is settled from the ref itself.
namespace esclusa::app {

/// Stores the intents in one transaction, and sets their ids. Call it before git changes a ref.
Result<void> begin_intents(const Context& context, std::span<core::RefIntent> intents);

/// Settles an intent whose outcome is known. If git made the change, `push` is required, and the
/// audit row and the event are inserted. This happens once, because an intent is settled only once.
Result<void> settle_intent(const Context& context, const core::Repository& repository,
                           const core::RefIntent& intent, const std::optional<core::Push>& push);

/// Settles an intent whose outcome nobody reported, from the ref; returns whether git made the
/// change. Git must not be at work on it any more.
Result<bool> settle_intent_from_ref(const Context& context, core::Repository repository,
                                    const core::RefIntent& intent);

/// Settles what a crash left open. Skips a push whose git process still runs, and a merge that is
/// not older than `age`: its request may still be running in this process. A repository that cannot
/// be read keeps its open intents for the next call.
void settle_left_intents(const Context& context, std::chrono::microseconds age);

/// The repository of the intent, with its present default branch, which the event contains.
Result<core::Repository> find_repository_of(const Context& context, const core::RefIntent& intent);

/// Reads the commits of the change and their accounts, for the event.
Result<core::Push> read_push(const Context& context, const git::Repository& git,
                             const core::RefIntent& intent);

}  // namespace esclusa::app
