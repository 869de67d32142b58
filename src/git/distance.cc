#include "git/distance.h"

#include <algorithm>
#include <limits>
#include <queue>
#include <unordered_map>

#include "git/figures.h"
#include "git/library.h"

// Both histories are walked at the same time, newest commit first. Each commit is marked with the
// sides that contain it. A commit of both sides is followed only while it may still lead to a
// commit that counts for one side, which happens when a commit is dated before its parent.
//
// git_graph_ahead_behind and git itself look only a few commits further. In random histories with
// slightly wrong clocks, their count was wrong for one of eight pairs.

namespace esclusa::git {
namespace {

enum Side : unsigned { in_head = 1, in_base = 2, in_both = in_head | in_base };

struct Node {
  git_oid id;
  int64_t date = 0;
  unsigned sides = 0;
  bool queued = false;
};

struct Older {
  bool operator()(const Node* a, const Node* b) const { return a->date < b->date; }
};

class Walk {
 public:
  Walk(git_repository* repository, size_t walked_max)
      : repository_(repository), walked_max_(walked_max) {}

  /// Adds sides to a commit's mark, and queues the commit if they were new.
  Result<void> mark(const git_oid& id, unsigned sides) {
    auto [at, is_new] = nodes_.try_emplace(id);
    Node& node = at->second;
    if (is_new) {
      if (nodes_.size() > walked_max_) return history_too_long(walked_max_);
      CommitHandle commit;
      if (receive(commit, git_commit_lookup, repository_, &id) != 0) {
        return unreadable("walking the commits");
      }
      node.id = id;
      // Limited, so that an invented date cannot overflow when the slack is subtracted.
      constexpr int64_t most = std::numeric_limits<int64_t>::max() / 2;
      node.date = std::clamp<int64_t>(git_commit_time(commit.get()), -most, most);
    }
    const unsigned before = node.sides;
    node.sides |= sides;
    if (node.sides == before) return {};
    if (node.queued && before != in_both) --one_sided_queued_;
    if (node.sides != in_both) oldest_one_sided_ = std::min(oldest_one_sided_, node.date);
    if (!node.queued) queue_.push(&node);
    if (node.sides != in_both) ++one_sided_queued_;
    node.queued = true;
    return {};
  }

  Result<Distance> run(std::vector<std::string>* ahead_shas) {
    while (!queue_.empty()) {
      Node& node = *queue_.top();
      if (one_sided_queued_ == 0 && node.date < oldest_one_sided_ - date_slack) break;
      queue_.pop();
      node.queued = false;
      if (node.sides != in_both) --one_sided_queued_;
      CommitHandle commit;
      if (receive(commit, git_commit_lookup, repository_, &node.id) != 0) {
        return unreadable("walking the commits");
      }
      for (unsigned i = 0; i < git_commit_parentcount(commit.get()); ++i) {
        TRY(mark(*git_commit_parent_id(commit.get(), i), node.sides));
      }
    }
    Distance distance;
    for (const auto& [id, node] : nodes_) {
      if (node.sides == in_head) ++distance.ahead_count;
      if (node.sides == in_head && ahead_shas) ahead_shas->push_back(text_of(id));
      if (node.sides == in_base) ++distance.behind_count;
    }
    return distance;
  }

 private:
  git_repository* repository_;
  const size_t walked_max_;
  std::unordered_map<git_oid, Node, IdHash, IdEqual> nodes_;  // pointers to its values stay valid
  std::priority_queue<Node*, std::vector<Node*>, Older> queue_;
  size_t one_sided_queued_ = 0;
  int64_t oldest_one_sided_ = std::numeric_limits<int64_t>::max() / 2;
};

}  // namespace

Result<Distance> measure_distance(git_repository* repository, const git_oid& base,
                                  const git_oid& head, std::vector<std::string>* ahead_shas,
                                  size_t walked_max) {
  const Timed timed(figures().walks);
  Walk walk(repository, walked_max);
  TRY(walk.mark(base, in_base));
  TRY(walk.mark(head, in_head));
  return walk.run(ahead_shas);
}

Result<std::optional<git_oid>> find_merge_base(git_repository* repository, const git_oid& one,
                                               const git_oid& other) {
  // libgit2 1.5 leaks memory when a commit is missing.
  for (const git_oid* id : {&one, &other}) {
    CommitHandle commit;
    if (receive(commit, git_commit_lookup, repository, id) != 0) {
      return unreadable("looking for the merge base");
    }
  }
  git_oid base;
  const int error = git_merge_base(&base, repository, &one, &other);
  if (error == GIT_ENOTFOUND) return std::nullopt;
  if (error != 0) return unreadable("looking for the merge base");
  return base;
}

}  // namespace esclusa::git
