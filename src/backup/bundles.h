#pragma once
#include <atomic>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.h"
#include "base/error.h"
#include "core/repository.h"

/// Repositories as bundles, by the git program, confined to what it needs.
namespace esclusa::backup {

/// A bundle, in two parts: a pack must begin its file for git to read it again.
struct Bundle {
  std::string head;  ///< what comes before the pack: the version and the refs
  Descriptor pack;   ///< a file without a name
};
/// Bundles all refs of the repository and their objects, and has git read each object of the pack
/// again: git copies packed objects without a look at them. Nothing if there are no refs. `folder`
/// is made, and removed at the end. `unavailable`, with a sentence, if the repository cannot be
/// read as a whole, or `is_cancelled` became true (`cancelled`), or there is no space
/// (`storage_full`, which cancels).
Result<std::optional<Bundle>> make_bundle(const core::Repository& repository,
                                          const std::filesystem::path& folder,
                                          std::atomic<bool>& is_cancelled);

/// Makes a bare repository with the refs and objects of the bundle, or an empty one without a
/// bundle. `head` is the full name of the branch that HEAD points to. git reads every object, and
/// checks that the objects of all refs are there. `path` must be missing. `invalid`,
/// `backup_damaged`, with a sentence, if git cannot read the bundle; `path` may be there then.
/// `unavailable`: it cannot be unpacked here, or `cancel` became true (`cancelled`).
Result<void> unpack_bundle(const std::filesystem::path& bundle, const std::filesystem::path& path,
                           const std::string& head, const std::atomic<bool>* cancel = nullptr);

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
