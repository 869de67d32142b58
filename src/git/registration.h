#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"

/// What happens to a repository's folder before it is registered.
namespace esclusa::git {

/// What whoever registers a repository says of it.
struct Declaration {
  /// Object folders that it may borrow from, the alternates of its alternates among them.
  std::vector<std::filesystem::path> alternates = {};
  bool writable = false;
};

/// What registering a repository needs to know.
struct Inspection {
  std::filesystem::path git_directory;        ///< absolute; `.git` of a non-bare one
  std::optional<std::string> default_branch;  ///< short name of what HEAD points to
  bool is_bare = false;
  std::vector<std::string> alternates = {};  ///< those declared; absolute, without links
  std::vector<std::string> found = {};       ///< sentences for people
};

/// Examines an existing repository, and lets nothing that lies in it lead elsewhere or be executed:
/// its owner and modes, whether it can be read, where it borrows objects, and, if it is declared
/// writable, whether a file can be made in its folders. `invalid`, with a message for people that
/// says what to do: `repository_refused` (none there, a linked work tree, shallow, partial, not
/// SHA-1, refs in another format), `undeclared_alternate`, `repository_not_writable`.
Result<Inspection> inspect(const std::filesystem::path& path, const Declaration& declared = {});

/// Makes an empty bare repository; the folder must not exist yet or be empty.
Result<void> create_bare(const std::filesystem::path& path, const std::string& default_branch);

}  // namespace esclusa::git
