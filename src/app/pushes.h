#pragma once
#include <string>
#include <vector>

#include "app/change.h"
#include "app/ssh_door.h"
#include "core/push.h"
#include "core/pushed_ref.h"

/// Pushes over SSH. Each change is stored before git makes it, and settled after, so that it sends
/// its `push` event once, whichever process dies in between.
namespace esclusa::app {

/// Call it before git changes a ref. `forbidden` for a ref that may not be pushed, `invalid` for
/// something that is not a change of a ref.
Result<void> begin_push(const Context& context, const SshSession& session,
                        const std::vector<core::RefChange>& changes, const std::string& request_id);

/// Call it after git has made some of the stored changes: each gets its audit row and its event.
/// Changes that are already settled or were never stored are skipped.
Result<void> finish_push(const Context& context, const std::string& session,
                         const std::vector<core::RefChange>& made);

enum class GitEnd {
  reported,  ///< git's changes were reported: it refused the others
  unknown,   ///< killed, or its report did not arrive: the refs decide
};

/// Settles the changes that are still open after git has ended.
Result<void> end_push(const Context& context, const std::string& session, GitEnd end);

/// Settles changes that a crash left open, by reading the refs. Skips a push whose git process
/// still runs. A repository that cannot be read keeps its open changes for the next call.
void settle_pushes(const Context& context);

/// Adds the accounts of the authors and committers to the commits of a push.
Result<core::Push> with_accounts(const Context& context, core::Push push);

/// Inserts a `push` event, sent by `sender`.
void insert_push_event(Change& change, const core::Repository& repository, const core::Push& push,
                       const core::Account& sender);

}  // namespace esclusa::app
