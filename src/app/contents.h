#pragma once
#include <string>
#include <vector>

#include "app/context.h"
#include "core/git_object.h"

/// Files and folders of a commit, by their paths.
namespace esclusa::app {

struct Contents {
  core::TreeEntry entry;
  std::string text;                       ///< of a file of at most `git_blob_bytes`, or a link
  std::vector<core::TreeEntry> children;  ///< of a folder: the first, within both bounds below
};
inline constexpr size_t folder_entries = 1000;  ///< GitHub's
/// Of all paths together, each of which is written six times: a thousand of 1,000 bytes.
inline constexpr size_t folder_path_bytes = 1024 * 1024;

/// What is at `path`, which is empty for the root folder; `ref` is empty for the default branch.
/// `not_found`; the caller has judged the access.
Result<Contents> get_contents(const RepositoryAccess& access, const std::string& path,
                              const std::string& ref);

}  // namespace esclusa::app
