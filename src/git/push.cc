#include "git/push.h"

#include <algorithm>

#include "base/limits.h"
#include "git/commits.h"
#include "git/library.h"
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
  if (!deltas) return pushed;  // too much to look through: the commit stands there without files
  for (const Delta& delta : *deltas) {
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

}  // namespace

Result<core::Push> read_push(const Repository& repository, const std::string& branch,
                             const std::string& before_sha, const std::string& after_sha) {
  core::Push push{branch, before_sha, after_sha, {}};
  const auto divergence = TRY(diverge(repository, before_sha, after_sha));
  if (!divergence) return unreadable("comparing what was pushed");
  size_t bytes = 0;
  for (auto sha = divergence->ahead_shas.rbegin(); sha != divergence->ahead_shas.rend(); ++sha) {
    core::PushedCommit pushed = TRY(read_pushed(repository, *sha));
    bytes += bytes_of(pushed);
    // The new tip is always there.
    const bool is_full =
        push.commits.size() == limits::push_commits || bytes > limits::push_total_bytes;
    if (is_full && !push.commits.empty()) break;
    push.commits.push_back(std::move(pushed));
  }
  std::ranges::reverse(push.commits);
  return push;
}

}  // namespace esclusa::git
