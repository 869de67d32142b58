#include "git/merge.h"

#include <iterator>
#include <utility>
#include <vector>

#include "base/log.h"
#include "core/ref.h"
#include "git/distance.h"
#include "git/examine.h"
#include "git/library.h"
#include "git/new_objects.h"
#include "git/program.h"
#include "git/ref_update.h"
#include "git/scratch.h"
#include "git/work_trees.h"

namespace esclusa::git {
namespace {

using SignatureHandle = std::unique_ptr<git_signature, Freer<git_signature_free>>;

std::unexpected<Error> cannot_merge(std::string_view cause) {
  log::warning("git cannot merge", {{"cause", cause}});
  return fail(ErrorCode::unavailable, "The git repository cannot be merged in.", "merge_failed");
}

/// Opens the object folders that git may read: an open folder stays the same, whatever its path
/// leads to later.
Result<std::vector<Folder>> open_object_folders(const Repository& repository) {
  std::vector<Folder> folders;
  auto own = TRY(repository.folder().folder("objects"));
  if (!own) return cannot_merge("no folder for objects");
  folders.push_back(std::move(*own));
  for (const std::string& path : repository.alternates())
    folders.push_back(TRY(Folder::open(path)));
  return folders;
}

Confinement files_of(const std::vector<Folder>& objects, const ScratchRepository& scratch) {
  Confinement files{.writable = {scratch.path()}};
  for (const Folder& folder : objects) {
    files.readable.push_back("/proc/self/fd/" + std::to_string(folder.descriptor()));
  }
  return files;
}

/// Whether the two commits have a common ancestor; git refuses to merge unrelated ones.
Result<bool> are_related(const Repository& repository, const std::string& one,
                         const std::string& other) {
  return TRY(find_merge_base(repository.handle(), id_of(one), id_of(other))).has_value();
}

/// The tree of the merge; its new objects are in `scratch`. Nothing if there are conflicts.
Result<std::optional<std::string>> merge_trees(const Repository& repository, const std::string& tip,
                                               const std::string& other,
                                               const ScratchRepository& scratch) {
  if (!scratch.exists()) return cannot_merge("no scratch repository");
  if (!TRY(are_related(repository, tip, other))) return std::nullopt;
  // git opens the object folders by path, so the paths are examined first. Landlock, where
  // available, grants access to the open folders only, so that a later change of a path has no
  // effect.
  const auto objects = TRY(open_object_folders(repository));
  TRY(examine_objects(repository.folder(), repository.path(), repository.alternates()));
  const ProgramOutput merged = TRY(run_git(
      scratch.path(),
      {"-c", "core.bare=true", "-c", "core.fsync=none", "-c", "core.commitGraph=false", "-c",
       "core.multiPackIndex=false", "merge-tree", "--write-tree", "--no-messages", tip, other},
      {objects_variable(repository)}, files_of(objects, scratch)));
  const std::string first_line = merged.output.substr(0, merged.output.find('\n'));
  // git also exits with 1 for an unknown object; only a conflict prints a tree.
  if (merged.exit_code == 1 && core::is_full_sha(first_line)) return std::nullopt;
  if (merged.exit_code != 0 || !core::is_full_sha(first_line)) {
    return cannot_merge(merged.error_output);
  }
  return first_line;
}

Result<SignatureHandle> make_signature(const MergeAuthor& author) {
  SignatureHandle signature;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(author.at).time_since_epoch();
  if (receive(signature, git_signature_new, author.name.c_str(), author.email.c_str(),
              static_cast<git_time_t>(seconds.count()), 0) != 0) {
    return cannot_merge("the author's name");
  }
  return signature;
}

/// The reflog entry of a move, after the two SHAs.
std::string log_entry_of(const MergeAuthor& author) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(author.at).time_since_epoch();
  return author.name + " <" + author.email + "> " + std::to_string(seconds.count()) +
         " +0000\tauto-merge on deployment";
}

}  // namespace

Result<std::optional<std::string>> make_merge_commit(const Repository& repository,
                                                     const std::string& tip,
                                                     const std::string& other,
                                                     const std::string& message,
                                                     const MergeAuthor& author) {
  const ScratchRepository scratch;
  const auto tree_sha = TRY(merge_trees(repository, tip, other, scratch));
  if (!tree_sha) return std::nullopt;
  TRY(install_objects(repository.folder(), scratch.objects()));

  const SignatureHandle signature = TRY(make_signature(author));
  const git_oid tree_id = id_of(*tree_sha), tip_id = id_of(tip), other_id = id_of(other);
  git_repository* handle = repository.handle();
  TreeHandle tree;
  CommitHandle tip_commit, other_commit;
  if (receive(tree, git_tree_lookup, handle, &tree_id) != 0 ||
      receive(tip_commit, git_commit_lookup, handle, &tip_id) != 0 ||
      receive(other_commit, git_commit_lookup, handle, &other_id) != 0) {
    return unreadable("reading what was merged");
  }
  const git_commit* parents[] = {tip_commit.get(), other_commit.get()};
  git_oid made;
  constexpr const char* no_ref = nullptr;
  if (git_commit_create(&made, handle, no_ref, signature.get(), signature.get(), "UTF-8",
                        message.c_str(), tree.get(), std::size(parents), parents) != 0) {
    return unreadable("writing the merge");
  }
  return text_of(made);
}

Result<BranchMove> move_branch(const Repository& repository, const std::string& branch,
                               const std::string& from, const std::string& to,
                               const MergeAuthor& author) {
  if (TRY(is_checked_out(repository, branch))) return BranchMove::checked_out;
  switch (TRY(move_ref(repository.folder(), branch, from, to, log_entry_of(author)))) {
    case RefMove::moved: return BranchMove::moved;
    case RefMove::changed: return BranchMove::changed;
    case RefMove::locked: break;
  }
  return BranchMove::locked;
}

Result<MergeCheck> check_merge(const Repository& repository, const std::string& branch,
                               const std::string& tip, const std::string& other) {
  if (TRY(is_checked_out(repository, branch))) return MergeCheck::checked_out;
  const ScratchRepository scratch;
  return TRY(merge_trees(repository, tip, other, scratch)) ? MergeCheck::clean
                                                           : MergeCheck::conflict;
}

}  // namespace esclusa::git
