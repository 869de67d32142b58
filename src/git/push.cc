#include "git/push.h"

#include <algorithm>
#include <set>

#include "base/limits.h"
#include "core/ref.h"
#include "git/commits.h"
#include "git/figures.h"
#include "git/library.h"
#include "git/peel.h"
#include "git/refs.h"
#include "git/tree_walk.h"

namespace esclusa::git {
namespace {

Result<TreeHandle> tree_of(const Repository& repository, const std::string& sha) {
  const git_oid id = id_of(sha);
  CommitHandle commit;
  TreeHandle tree;
  if (receive(commit, git_commit_lookup, repository.handle(), &id) != 0 ||
      receive(tree, git_commit_tree, commit.get()) != 0) {
    return unreadable("reading a tree");
  }
  return tree;
}

Result<core::PushedCommit> read_pushed(const Repository& repository, const std::string& sha) {
  core::PushedCommit pushed;
  pushed.commit = TRY(read_commit(repository, sha));
  const auto& parents = pushed.commit.parent_shas;
  TreeHandle before;
  if (!parents.empty()) before = TRY(tree_of(repository, parents.front()));
  const TreeHandle after = TRY(tree_of(repository, sha));
  const auto deltas =
      TRY(find_deltas(repository.handle(), before.get(), after.get(), limits::push_files));
  if (!deltas) return pushed;  // too much to examine: the commit is listed without files
  for (const Delta& delta : deltas->files) {
    switch (delta.status) {
      case GIT_DELTA_ADDED: pushed.added.push_back(delta.after.path); break;
      case GIT_DELTA_DELETED: pushed.removed.push_back(delta.before.path); break;
      default: pushed.modified.push_back(delta.after.path); break;
    }
  }
  return pushed;
}

size_t bytes_of(const core::PushedCommit& pushed) {
  size_t bytes = pushed.commit.message.size();
  for (const auto* paths : {&pushed.added, &pushed.removed, &pushed.modified}) {
    for (const std::string& path : *paths) bytes += path.size();
  }
  return bytes;
}

/// Reads commits, given newest first, while there is room; returns them oldest first.
Result<std::vector<core::PushedCommit>> read_latest(const Repository& repository,
                                                    const std::vector<std::string>& shas) {
  std::vector<core::PushedCommit> commits;
  size_t bytes = 0;
  for (const std::string& sha : shas) {
    core::PushedCommit pushed = TRY(read_pushed(repository, sha));
    bytes += bytes_of(pushed);
    // The newest is always included.
    const bool is_full = commits.size() == limits::push_commits || bytes > limits::push_total_bytes;
    if (is_full && !commits.empty()) break;
    commits.push_back(std::move(pushed));
  }
  std::ranges::reverse(commits);
  return commits;
}

/// The commit that was pushed, directly or through tags; nothing if there is none, or the ref was
/// deleted.
Result<std::optional<std::string>> find_commit(const Repository& repository,
                                               const std::string& sha) {
  if (sha == core::zero_sha) return std::nullopt;
  return peel_to_commit(repository.handle(), sha);
}

/// A walk from a commit to its ancestors; the caller may hide some with `hide`.
Result<WalkHandle> walk_from(const Repository& repository, const std::string& sha) {
  WalkHandle walk;
  const git_oid id = id_of(sha);
  if (receive(walk, git_revwalk_new, repository.handle()) != 0 ||
      git_revwalk_sorting(walk.get(), GIT_SORT_TOPOLOGICAL) != 0 ||
      git_revwalk_push(walk.get(), &id) != 0) {
    return unreadable("walking what was pushed");
  }
  return walk;
}

Result<void> hide(git_revwalk* walk, const std::string& sha) {
  const git_oid id = id_of(sha);
  if (git_revwalk_hide(walk, &id) != 0) return unreadable("walking what was pushed");
  return {};
}

/// The first limits::push_commits of a walk, newest first.
Result<std::vector<std::string>> take_commits(git_revwalk* walk) {
  const Timed timed(figures().walks);
  std::vector<std::string> shas;
  git_oid id;
  int error = 0;
  while (shas.size() < limits::push_commits && (error = git_revwalk_next(&id, walk)) == 0) {
    shas.push_back(text_of(id));
  }
  if (error != 0 && error != GIT_ITEROVER) return unreadable("walking what was pushed");
  return shas;
}

/// The commits that the change added to a branch, and which of them are on no other branch.
Result<std::vector<core::PushedCommit>> read_branch_commits(const Repository& repository,
                                                            const core::RefChange& change) {
  const WalkHandle distinct = TRY(walk_from(repository, change.to_sha));
  if (!change.creates()) TRY(hide(distinct.get(), change.from_sha));
  for (const core::Branch& branch : TRY(list_branches(repository))) {
    const git_oid tip = id_of(branch.sha);
    // If a branch's commit is missing, hiding it has no effect.
    if ("refs/heads/" + branch.name != change.ref) git_revwalk_hide(distinct.get(), &tip);
  }
  std::vector<std::string> shas = TRY(take_commits(distinct.get()));
  const std::set<std::string> is_new(shas.begin(), shas.end());
  // A new branch adds the commits that no branch had; an existing branch all that it did not have.
  if (!change.creates()) {
    const WalkHandle gone = TRY(walk_from(repository, change.to_sha));
    TRY(hide(gone.get(), change.from_sha));
    shas = TRY(take_commits(gone.get()));
  }
  auto commits = TRY(read_latest(repository, shas));
  for (core::PushedCommit& pushed : commits) {
    pushed.is_distinct = is_new.contains(pushed.commit.sha);
  }
  return commits;
}

/// Whether the old commit is no ancestor of the new one.
Result<bool> is_forced(const Repository& repository, const core::RefChange& change,
                       const std::optional<std::string>& to) {
  if (change.creates() || change.deletes()) return false;
  const auto from = TRY(find_commit(repository, change.from_sha));
  if (!from || !to) return true;
  return TRY(repository.compare(*from, *to)).behind_count > 0;
}

/// Whether `sha` is `tip` or an ancestor of it. An object that is not a commit only counts as
/// itself.
Result<bool> is_behind(const Repository& repository, const std::string& sha,
                       const std::string& tip) {
  if (sha == tip) return true;
  if (tip == core::zero_sha) return false;
  const auto older = TRY(find_commit(repository, sha)), younger = TRY(find_commit(repository, tip));
  if (!older || !younger) return false;
  return TRY(repository.compare(*older, *younger)).behind_count == 0;
}

}  // namespace

Result<core::Push> read_merge(const Repository& repository, const core::RefChange& change) {
  core::Push push{change.ref, change.from_sha, change.to_sha};
  const auto divergence = TRY(diverge(repository, change.from_sha, change.to_sha));
  if (!divergence) return unreadable("comparing what was pushed");
  const auto& ahead = divergence->ahead_shas;
  push.commits = TRY(read_latest(repository, {ahead.rbegin(), ahead.rend()}));
  // Only the merge commit is new to the repository; the merged commits were on other branches
  // before.
  for (core::PushedCommit& pushed : push.commits) {
    pushed.is_distinct = pushed.commit.sha == change.to_sha;
  }
  if (!push.commits.empty()) push.head = push.commits.back();
  return push;
}

Result<core::Push> read_push(const Repository& repository, const core::RefChange& change) {
  core::Push push{change.ref, change.from_sha, change.to_sha};
  const auto tip = TRY(find_commit(repository, change.to_sha));
  push.is_forced = TRY(is_forced(repository, change, tip));
  if (!tip) return push;
  if (core::kind_of_full_name(change.ref) == core::RefKind::branch) {
    push.commits = TRY(read_branch_commits(repository, change));
  }
  const bool has_tip = !push.commits.empty() && push.commits.back().commit.sha == *tip;
  push.head = has_tip ? push.commits.back() : TRY(read_pushed(repository, *tip));
  return push;
}

Result<core::RefFacts> read_ref_facts(const Repository& repository, const core::RefChange& change) {
  core::RefFacts facts;
  const auto ref = TRY(find_ref(repository, change.ref));
  if (ref) facts.current_sha = ref->sha;
  if (!ref || change.deletes() || ref->sha == change.from_sha) return facts;
  OdbHandle objects;
  size_t size = 0;
  git_object_t type = GIT_OBJECT_INVALID;
  const git_oid to = id_of(change.to_sha);
  if (receive(objects, git_repository_odb, repository.handle()) != 0) {
    return unreadable("looking at what was pushed");
  }
  // git_odb_exists() would report an object as missing if it cannot be read now, and the push would
  // be dropped.
  const int error = git_odb_read_header(&size, &type, objects.get(), &to);
  if (error == GIT_ENOTFOUND) return facts;  // git never received it
  if (error != 0) return unreadable("looking at what was pushed");
  facts.current_has_to = TRY(is_behind(repository, change.to_sha, ref->sha));
  facts.from_has_to = TRY(is_behind(repository, change.to_sha, change.from_sha));
  return facts;
}

}  // namespace esclusa::git
