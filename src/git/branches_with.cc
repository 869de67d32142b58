#include <algorithm>
#include <queue>
#include <unordered_map>

#include "base/limits.h"
#include "git/library.h"
#include "git/refs.h"

// All branches are walked down at once, the youngest commit first, and each commit is marked by the
// branches that have it. What is older than the commit that is looked for cannot lead to it.

namespace esclusa::git {
namespace {

constexpr std::string_view prefix = "refs/heads/";

/// One bit for each candidate.
using Mask = uint64_t;
static_assert(limits::event_branch_candidates <= 8 * sizeof(Mask));

struct Node {
  git_oid id;
  int64_t date = 0;
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

  /// Marks a commit, and queues it if that was news. What cannot be read leads nowhere.
  void mark(const git_oid& id, Mask branches) {
    auto [at, is_new] = nodes_.try_emplace(id);
    Node& node = at->second;
    if (is_new) {
      CommitHandle commit;
      if (receive(commit, git_commit_lookup, repository_, &id) != 0) return;
      node.id = id;
      node.date = git_commit_time(commit.get());
    }
    if ((node.branches | branches) == node.branches) return;
    node.branches |= branches;
    if (!node.queued) queue_.push(&node);
    node.queued = true;
  }

  /// The branches that were seen to have the commit.
  Mask run() {
    CommitHandle commit;
    if (receive(commit, git_commit_lookup, repository_, &wanted_) != 0) return 0;
    const int64_t date = git_commit_time(commit.get());
    for (size_t read = 0; !queue_.empty() && read < limits::event_branch_commits; ++read) {
      Node& node = *queue_.top();
      if (node.date < date && date - node.date > date_slack) break;
      queue_.pop();
      node.queued = false;
      if (git_oid_equal(&node.id, &wanted_)) continue;
      if (receive(commit, git_commit_lookup, repository_, &node.id) != 0) continue;
      for (unsigned i = 0; i < git_commit_parentcount(commit.get()); ++i) {
        mark(*git_commit_parent_id(commit.get(), i), node.branches);
      }
    }
    const auto found = nodes_.find(wanted_);
    return found == nodes_.end() ? 0 : found->second.branches;
  }

 private:
  git_repository* repository_;
  git_oid wanted_;
  std::unordered_map<git_oid, Node, IdHash, IdEqual> nodes_;  // its nodes stay where they are
  std::priority_queue<Node*, std::vector<Node*>, Older> queue_;
};

/// The branches that are asked, the likelier ones first.
Result<std::vector<core::Branch>> list_candidates(const Repository& repository,
                                                  const std::string& sha,
                                                  const std::string& default_branch) {
  std::vector<std::string> names = TRY(list_ref_names(repository, prefix));
  std::ranges::stable_partition(
      names, [&](const std::string& name) { return name.substr(prefix.size()) == default_branch; });
  // Looking each up costs a file: of very many, the first by name.
  constexpr size_t most = 4 * limits::event_branch_candidates;
  if (names.size() > most) names.resize(most);
  std::vector<core::Branch> branches;
  for (const std::string& name : names) {
    if (auto found = TRY(repository.resolve(name))) {
      branches.push_back({name.substr(prefix.size()), found->sha});
    }
  }
  std::ranges::stable_partition(branches, [&](const auto& branch) { return branch.sha == sha; });
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
