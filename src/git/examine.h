#pragma once
#include <string>
#include <vector>

#include "base/error.h"
#include "git/folder.h"

/// What a git program would open by its path is looked at before one is started: where the kernel
/// cannot confine git, this alone keeps a repository from leading it out.
namespace esclusa::git {

/// Walks the folder `objects` of a repository at `path`, and the alternates from which it borrows.
/// Symbolic links, FIFOs, sockets and devices are refused, and alternates that are not among
/// `alternates` (absolute object folders): `unavailable`, `repository_unsafe`, with a sentence that
/// names the file relative to the repository.
Result<void> examine_objects(const Folder& repository, const std::string& path,
                             const std::vector<std::string>& alternates);

/// The same, and of all else that git reads or writes to serve a client: refs, their logs, linked
/// work trees, and the files beside them.
Result<void> examine_repository(const Folder& repository, const std::string& path,
                                const std::vector<std::string>& alternates);

}  // namespace esclusa::git
