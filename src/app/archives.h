#pragma once
#include <memory>
#include <string>

#include "app/access.h"
#include "git/archive.h"

namespace esclusa::app {

/// A commit's files as an archive.
struct Archive {
  std::string name;  ///< `owner-repository-0123abc`: its folder, and its file without the suffix
  std::shared_ptr<git::Archive> parts;
};

/// `commit_sha` must be the full SHA of a commit; otherwise `not_found`. The caller has judged the
/// access. Waits for git, as all parts do.
Result<Archive> open_archive(const RepositoryAccess& access, const std::string& commit_sha,
                             core::ArchiveFormat format);

}  // namespace esclusa::app
