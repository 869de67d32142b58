#pragma once
#include <string>

#include "git/folder.h"

/// Writes refs as git does: each has a lock, `NAME.lock`, which becomes its new file.
namespace esclusa::git {

enum class RefMove {
  moved,
  changed,  ///< it is no longer where it was, or symbolic
  locked,   ///< another process holds its lock for longer than git waits, or has left it
};

/// Moves a ref (a full name) from one commit to another; it is on the disk afterwards. `log_entry`
/// is what the reflog says behind the two SHAs; it goes to a log that is there already.
Result<RefMove> move_ref(const Folder& repository, const std::string& name, const std::string& from,
                         const std::string& to, const std::string& log_entry);

/// Makes the ref that keeps a commit, `core::keep_ref_name`. What else it may say, a file that a
/// crash left empty, and a lock that stays are ours, and removed: the name says what belongs there.
Result<void> make_keep_ref(const Folder& repository, const std::string& sha);

}  // namespace esclusa::git
