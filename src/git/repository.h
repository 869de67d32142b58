#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "core/ref.h"
#include "core/repository.h"

struct git_repository;

/// Reads and writes git repositories. Their content is untrusted: every file is opened by `Folder`,
/// Esclusa's own code reads and writes refs, and libgit2 gets only objects. User text never reaches
/// a revision parser or a command line. docs/decisions/0014.
namespace esclusa::git {

class Folder;

/// How far `head` is ahead of and behind `base`.
struct Distance {
  size_t ahead_count = 0;   ///< commits in head that are not in base
  size_t behind_count = 0;  ///< commits in base that are not in head
};

/// An open repository. One thread at a time; opening is cheap. It stays the same repository even if
/// its folder is renamed.
class Repository {
 public:
  /// `unavailable`: `repository_unreadable` if the repository is missing or cannot be read,
  /// `repository_unsafe` if something in it leads out of it. The same errors apply to all functions
  /// in git/.
  static Result<Repository> open(const core::Repository& registered);
  /// `git_directory` is absolute and canonical. `alternates` are the object folders to read in
  /// addition to its own; no file of the repository adds any.
  static Result<Repository> open(const std::filesystem::path& git_directory,
                                 std::vector<std::string> alternates = {});
  Repository(Repository&&) noexcept;
  Repository& operator=(Repository&&) noexcept;
  ~Repository();

  /// Looks a ref up by exact name: a full SHA, then `core::candidate_ref_names`, then an
  /// unambiguous abbreviation. The result is peeled to a commit. Nothing if there is no such
  /// commit, also if the first ref with that name does not lead to a commit. The full SHA comes
  /// first, as in git, so that no branch can replace a commit.
  Result<std::optional<core::ResolvedRef>> resolve(std::string_view ref) const;

  /// The full name of the ref that HEAD points to, even if that ref does not exist; nothing if HEAD
  /// is detached or missing.
  Result<std::optional<std::string>> head() const;

  /// Compares two commits, given by full SHAs.
  Result<Distance> compare(const std::string& base, const std::string& head) const;

  /// Creates `refs/deployments/<sha>` (idempotent), so that the commit outlives a force-push.
  Result<void> keep(const std::string& sha) const;

  /// Only for the other files of this folder.
  git_repository* handle() const;
  const Folder& folder() const;
  const std::filesystem::path& path() const;
  const std::vector<std::string>& alternates() const;

 private:
  struct State;
  explicit Repository(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace esclusa::git
