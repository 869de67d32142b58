#pragma once
#include <string>
#include <vector>

#include "base/error.h"
#include "git/folder.h"

/// Checks the files that git would open by path, before git is started. Where the kernel cannot
/// confine git, this is the only protection against files that lead out of the repository.
namespace esclusa::git {

/// Walks the folder `objects` of the repository at `path`, and its alternates. Refused are symbolic
/// links, FIFOs, sockets and devices, and alternates that are not in `alternates` (object folders,
/// absolute, without symbolic links; only these are opened): `unavailable`, `repository_unsafe`,
/// with a sentence that names the file relative to the repository. The repository may name an
/// alternate by a symbolic link to a folder in `alternates`.
Result<void> examine_objects(const Folder& repository, const std::string& path,
                             const std::vector<std::string>& alternates);

/// The same, and also for everything else that git reads or writes for a client: refs, reflogs,
/// linked work trees, and the files beside them.
Result<void> examine_repository(const Folder& repository, const std::string& path,
                                const std::vector<std::string>& alternates);

}  // namespace esclusa::git
