#pragma once
#include <atomic>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "core/repository.h"

/// Repositories as bundles, by the git program, confined to what it needs.
namespace esclusa::backup {

/// Writes all refs of the repository and their objects into the open file. False if there are no
/// refs. `unavailable`, with a sentence, if the repository cannot be read
/// as a whole, or `is_cancelled` became true (`cancelled`), or there is no space (`storage_full`,
/// which cancels).
Result<bool> write_bundle(const core::Repository& repository, int file,
                          std::atomic<bool>& is_cancelled);

/// Reads the bundle with git. `invalid`, with a sentence, if git does not take it for one.
Result<void> check_bundle(const std::filesystem::path& bundle);

/// Makes a bare repository with the refs and objects of the bundle, or an empty one without a
/// bundle. `head` is the full name of the branch that HEAD points to. Checks that the objects of
/// all refs are there. `path` must be missing.
Result<void> unpack_bundle(const std::filesystem::path& bundle, const std::filesystem::path& path,
                           const std::string& head);

/// The name of a ref and the SHA of what it points to.
struct Ref {
  std::string name;
  std::string sha;
};
/// All refs of a repository and its HEAD.
struct RefList {
  std::string head;  ///< full name; empty if it is detached
  std::vector<Ref> refs;
};
Result<RefList> list_refs(const core::Repository& repository);
/// HEAD alone.
Result<std::string> find_head(const core::Repository& repository);

}  // namespace esclusa::backup
