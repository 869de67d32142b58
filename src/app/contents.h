#pragma once
#include <string>
#include <vector>

#include "app/access.h"
#include "core/git_object.h"

/// Files and folders of a commit by path.
namespace esclusa::app {

struct Contents {
  core::TreeEntry entry;
  std::string text;                       ///< of a link, or of a file of at most `git_blob_bytes`
  std::vector<core::TreeEntry> children;  ///< of a folder: the first ones, within both limits below
};
inline constexpr size_t folder_entries = 1000;  ///< as on GitHub
/// Limit for the paths of all entries together: 1,000 paths of 1,000 bytes. The answer contains
/// each path six times.
inline constexpr size_t folder_path_bytes = 1024 * 1024;

/// Reads what is at `path`; empty means the root folder. An empty `ref` means the default branch.
/// `not_found`. The caller has judged the access.
Result<Contents> get_contents(const RepositoryAccess& access, const std::string& path,
                              const std::string& ref);

}  // namespace esclusa::app
