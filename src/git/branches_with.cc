#include <algorithm>
#include <bit>
#include <limits>
#include <queue>
#include <tuple>
#include <unordered_map>

#include "base/limits.h"
#include "git/figures.h"
#include "git/library.h"
#include "git/refs.h"

// All branches are walked at the same time, newest commit first. Each commit is marked with the
// branches that contain it. A commit that is older than the wanted one cannot lead to it.

namespace esclusa::git {
namespace {

/// One bit for each candidate.
using Mask = uint64_t;
static_assert(limits::event_branch_candidates <= 8 * sizeof(Mask));

struct Node {
  int64_t date = 0;
  std::vector<git_oid> parents;
  Mask branches = 0;
  bool queued = false;
};

struct Older {
  bool operator()(const Node* a, const Node* b) const { return a->date < b->date; }
};

class Search {
 public:
  Search(git_repository* repository, const git_oid& wanted)
      : repository_(repository), wanted_(wanted) {}

  /// Adds branches to a commit's mark, and queues the commit if they were new. An unreadable commit
  /// has no parents.
  void mark(const git_oid& id, Mask branches) {
    auto [at, is_new] = nodes_.try_emplace(id);
    Node& node = at->second;
    if (is_new) {
      CommitHandle commit;
      if (receive(commit, git_commit_lookup, repository_, &id) != 0) return;
      // Limited, so that an invented date cannot overflow in a comparison.
      constexpr int64_t most = std::numeric_limits<int64_t>::max() / 2;
      node.date = std::clamp<int64_t>(git_commit_time(commit.get()), -most, most);
      for (unsigned i = 0; i < git_commit_parentcount(commit.get()); ++i) {
        node.parents.push_back(*git_commit_parent_id(commit.get(), i));
      }
    }
    if ((node.branches | branches) == node.branches) return;
    node.branches |= branches;
    if (!node.queued) queue_.push(&node);
    node.queued = true;
  }

  /// Returns the branches that were found to contain the commit; stops when there are enough.
  Mask run() {
    mark(wanted_, 0);
    const Node& wanted = nodes_[wanted_];
    for (size_t read = 0; !queue_.empty() && read < limits::event_branch_commits; ++read) {
      Node& node = *queue_.top();
      if (node.date < wanted.date - date_slack) break;
      if (static_cast<size_t>(std::popcount(wanted.branches)) >= limits::event_branches) break;
      queue_.pop();
      node.queued = false;
      if (&node == &wanted) continue;
      for (const git_oid& parent : node.parents) mark(parent, node.branches);
    }
    return wanted.branches;
  }

 private:
  git_repository* repository_;
  git_oid wanted_;
  std::unordered_map<git_oid, Node, IdHash, IdEqual> nodes_;  // pointers to its values stay valid
  std::priority_queue<Node*, std::vector<Node*>, Older> queue_;
};

/// The branches to check, the most likely ones first.
Result<std::vector<core::Branch>> list_candidates(const Repository& repository,
                                                  const std::string& sha,
                                                  const std::string& default_branch) {
  std::vector<core::Branch> branches = TRY(list_branches(repository));
  std::ranges::sort(branches, {}, [&](const core::Branch& branch) {
    return std::tuple(branch.sha != sha, branch.name != default_branch, branch.name);
  });
  if (branches.size() > limits::event_branch_candidates) {
    branches.resize(limits::event_branch_candidates);
  }
  return branches;
}

}  // namespace

Result<std::vector<core::Branch>> list_branches_with(const Repository& repository,
                                                     const std::string& sha,
                                                     const std::string& default_branch) {
  const std::vector<core::Branch> candidates =
      TRY(list_candidates(repository, sha, default_branch));
  const Timed timed(figures().walks);
  Search search(repository.handle(), id_of(sha));
  for (size_t i = 0; i < candidates.size(); ++i) {
    search.mark(id_of(candidates[i].sha), Mask{1} << i);
  }
  const Mask found = search.run();
  std::vector<core::Branch> branches;
  for (size_t i = 0; i < candidates.size() && branches.size() < limits::event_branches; ++i) {
    if ((found >> i & 1) != 0) branches.push_back(candidates[i]);
  }
  return branches;
}

}  // namespace esclusa::git
