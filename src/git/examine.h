#pragma once
#include <string>
#include <vector>

#include "base/error.h"
#include "git/folder.h"

/// Looks at what git would open by its path, before git is started. Where the kernel cannot confine
/// git, only this keeps a repository from leading it out.
namespace esclusa::git {

/// Walks the folder `objects` of a repository at `path`, and the alternates from which it borrows.
/// Symbolic links, FIFOs, sockets and devices are refused, and alternates that are not among
/// `alternates` (object folders, absolute and without symbolic links; only these are opened):
/// `unavailable`, `repository_unsafe`, with a sentence that names the file relative to the
/// repository. What it names as an alternate may be a link to one of those.
Result<void> examine_objects(const Folder& repository, const std::string& path,
                             const std::vector<std::string>& alternates);

/// The same, and of all else that git reads or writes to serve a client: refs, their logs, linked
/// work trees, and the files beside them.
Result<void> examine_repository(const Folder& repository, const std::string& path,
                                const std::vector<std::string>& alternates);

}  // namespace esclusa::git
