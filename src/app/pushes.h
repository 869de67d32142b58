#pragma once
#include <string>
#include <vector>

#include "app/context.h"
#include "app/ssh_door.h"
#include "core/push.h"
#include "core/pushed_ref.h"

/// Pushes through the SSH door: what git is about to change is written down first, and settled
/// after, so that each change sends its `push` event once, whoever dies in between.
namespace esclusa::app {

/// Before git changes a ref. `forbidden` for a ref that nobody pushes, `invalid` for what is no
/// change of a ref.
Result<void> begin_push(const Context& context, const SshSession& session,
                        const std::vector<core::RefChange>& changes, const std::string& request_id);

/// After git has made some of the changes that were written down: each gets its audit row and its
/// event. Those that were settled already, or that nobody wrote down, are passed over.
Result<void> finish_push(const Context& context, const std::string& session,
                         const std::vector<core::RefChange>& made);

enum class GitEnd {
  reported,  ///< what git made was reported: the rest was refused
  unknown,   ///< it was killed, or nobody could be told: the refs themselves decide
};

/// Git is at its end, and what is still open is settled.
Result<void> end_push(const Context& context, const std::string& session, GitEnd end);

/// Settles what a crash left open, from the refs. A push whose git is still at work is left to it,
/// and a repository that cannot be read keeps its pushes for the next time.
void settle_pushes(const Context& context);

/// Reads who made the commits of a push.
Result<core::Push> with_accounts(const Context& context, core::Push push);

/// The `push` event, sent by `sender`, once per call.
void insert_push_event(store::Connection& tx, const Context& context,
                       const core::Repository& repository, const core::Push& push,
                       const core::Account& sender, const core::Principal& actor);

}  // namespace esclusa::app
