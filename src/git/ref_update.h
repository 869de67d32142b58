#pragma once
#include <span>
#include <string>

#include "git/folder.h"

/// Writes refs as git does: each ref has a lock file, `NAME.lock`, which is renamed to the ref.
namespace esclusa::git {

enum class RefMove {
  moved,
  changed,  ///< it is not at the expected commit, or it is symbolic
  locked,   ///< another process holds its lock for too long, or has left it
};

/// Moves a ref (a full name) from one commit to another; it is on the disk afterwards. `log_entry`
/// is the reflog text after the two SHAs; it is added only to an existing reflog.
Result<RefMove> move_ref(const Folder& repository, const std::string& name, const std::string& from,
                         const std::string& to, const std::string& log_entry);

/// Makes the ref that keeps a commit alive, `core::keep_ref_name`. Its name tells its content, so a
/// wrong or empty file (left by a crash) is replaced, and a lock that stays is removed.
Result<void> make_keep_ref(const Folder& repository, const std::string& sha);
/// Removes those refs, loose or packed; what is not there is no error. A ref whose lock another
/// process holds makes it fail; then those before it may be gone.
Result<void> remove_keep_refs(const Folder& repository, std::span<const std::string> shas);

}  // namespace esclusa::git
