#pragma once
#include <string>
#include <vector>

#include "app/ssh_door.h"
#include "core/ref_intent.h"

/// Pushes over SSH: what git's hooks report, as intents of `app/ref_intents.h`.
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

}  // namespace esclusa::app
