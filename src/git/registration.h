#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"

/// Examines or creates a repository's folder before the repository is registered.
namespace esclusa::git {

/// What the user who registers a repository declares about it.
struct Declaration {
  /// Object folders that it may borrow from, including the alternates of its alternates.
  std::vector<std::filesystem::path> alternates = {};
  bool writable = false;
};

/// The facts that the registration needs.
struct Inspection {
  std::filesystem::path git_directory;        ///< absolute; the `.git` folder if not bare
  std::optional<std::string> default_branch;  ///< short name of the branch that HEAD points to
  bool is_bare = false;
  std::vector<std::string> alternates = {};  ///< the declared ones; absolute, without links
  std::vector<std::string> found = {};       ///< sentences for people
};

/// Examines an existing repository, without following links out of it or executing anything in it:
/// owner and modes, readability, alternates, and, if it is declared writable, whether files can be
/// made in its folders. `invalid`, with a message that says what to do: `repository_refused` (no
/// repository, a linked work tree, shallow, partial, not SHA-1, another ref format),
/// `undeclared_alternate`, `repository_not_writable`.
Result<Inspection> inspect(const std::filesystem::path& path, const Declaration& declared = {});

/// Creates an empty bare repository; the folder must be missing or empty.
Result<void> create_bare(const std::filesystem::path& path, const std::string& default_branch);

}  // namespace esclusa::git
