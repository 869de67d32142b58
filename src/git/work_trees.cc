#include "git/work_trees.h"

#include <algorithm>
#include <string_view>

#include "base/text.h"
#include "git/head.h"
#include "git/limits.h"
#include "git/ref_files.h"

namespace esclusa::git {
namespace {

constexpr std::string_view heads = "refs/heads/";
constexpr size_t state_bytes = 1024 * 1024;  ///< a rebase of some thousand branches

/// Files in which git records a rebase: the branch that it started on, and the branches that
/// --update-refs will move.
constexpr const char* rebase_files[] = {"rebase-merge/head-name", "rebase-merge/update-refs",
                                        "rebase-apply/head-name"};

/// Whether a file of a work tree contains the name as a whole line.
Result<bool> names(const Folder& repository, const std::string& file, std::string_view name) {
  const auto text = TRY(repository.read(file, state_bytes));
  if (!text) return false;
  const auto lines = split(*text, '\n');
  return std::ranges::find(lines, name) != lines.end();
}

/// `place` is the prefix of the work tree's own files: empty, or `worktrees/NAME/`.
Result<bool> is_in_use(const Folder& repository, const std::string& place,
                       const std::string& branch) {
  const auto head = TRY(read_ref(repository, place + "HEAD"));
  if (head && head->target == branch) return true;
  for (const char* file : rebase_files) {
    if (TRY(names(repository, place + file, branch))) return true;
  }
  // BISECT_START contains the short name.
  return branch.starts_with(heads) &&
         TRY(names(repository, place + "BISECT_START", branch.substr(heads.size())));
}

}  // namespace

Result<bool> is_checked_out(const Repository& repository, const std::string& branch) {
  const Folder& folder = repository.folder();
  const bool is_bare = TRY(read_is_bare(folder, repository.path()));
  if (!is_bare && TRY(is_in_use(folder, "", branch))) return true;
  const auto trees = TRY(folder.folder("worktrees"));
  if (!trees) return false;
  for (const Folder::Entry& entry : TRY(trees->list(limits::work_trees))) {
    if (TRY(is_in_use(folder, "worktrees/" + entry.name + "/", branch))) return true;
  }
  return false;
}

}  // namespace esclusa::git
