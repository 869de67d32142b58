#include "git/tree_walk.h"

#include "base/limits.h"
#include "git/library.h"
#include "git/limits.h"

namespace esclusa::git {
namespace {

/// Walks both trees side by side.
class Walk {
 public:
  Walk(git_repository* repository, size_t file_limit)
      : repository_(repository), file_limit_(file_limit) {}

  Result<void> compare(const git_tree* before, const git_tree* after) {
    const size_t folder_end = path_.size();
    const size_t before_count = before ? git_tree_entrycount(before) : 0;
    const size_t after_count = after ? git_tree_entrycount(after) : 0;
    size_t b = 0, a = 0;
    while ((b < before_count || a < after_count) && !is_over()) {
      const git_tree_entry* old_entry =
          b < before_count ? git_tree_entry_byindex(before, b) : nullptr;
      const git_tree_entry* new_entry =
          a < after_count ? git_tree_entry_byindex(after, a) : nullptr;
      const int order = !old_entry ? 1 : !new_entry ? -1 : git_tree_entry_cmp(old_entry, new_entry);
      if (order <= 0) ++b;
      if (order >= 0) ++a;
      path_ += git_tree_entry_name(order <= 0 ? old_entry : new_entry);
      TRY(visit(order <= 0 ? old_entry : nullptr, order >= 0 ? new_entry : nullptr));
      path_.resize(folder_end);
    }
    return {};
  }

  bool found_too_many_trees() const { return tree_count_ > limits::diff_trees; }
  Deltas take() {
    const bool is_cut = is_too_long_ || deltas_.size() >= file_limit_;
    return {std::move(deltas_), is_cut};
  }

 private:
  bool is_over() const {
    return is_too_long_ || deltas_.size() >= file_limit_ || found_too_many_trees();
  }

  /// Compares the entries at `path_`; one of the two may be null.
  Result<void> visit(const git_tree_entry* before, const git_tree_entry* after) {
    if (before && after &&
        git_oid_equal(git_tree_entry_id(before), git_tree_entry_id(after)) != 0 &&
        git_tree_entry_filemode(before) == git_tree_entry_filemode(after)) {
      return {};
    }
    if (path_.size() > limits::diff_path_bytes - path_bytes_) {
      is_too_long_ = true;
      return {};
    }
    const TreeHandle before_tree = TRY(tree_of(before)), after_tree = TRY(tree_of(after));
    if (!before_tree && !after_tree) {
      add(before, after);
      return {};
    }
    ++tree_count_;
    if (depth_ == limits::diff_depth) tree_count_ = limits::diff_trees + 1;
    if (is_over()) return {};
    ++depth_;
    path_ += '/';
    TRY(compare(before_tree.get(), after_tree.get()));
    --depth_;
    return {};
  }

  void add(const git_tree_entry* before, const git_tree_entry* after) {
    path_bytes_ += path_.size();
    Delta delta{GIT_DELTA_MODIFIED, side_of(before, path_), side_of(after, path_)};
    if (!before) delta.status = GIT_DELTA_ADDED;
    if (!after) delta.status = GIT_DELTA_DELETED;
    constexpr unsigned kind = 0170000;  // the type bits of a mode: file, link, submodule
    if (before && after && ((delta.before.mode ^ delta.after.mode) & kind) != 0) {
      delta.status = GIT_DELTA_TYPECHANGE;
    }
    deltas_.push_back(std::move(delta));
  }

  static Side side_of(const git_tree_entry* entry, const std::string& path) {
    if (!entry) return {path, {}, 0};
    return {path, *git_tree_entry_id(entry), static_cast<uint16_t>(git_tree_entry_filemode(entry))};
  }

  /// Null if the entry is not a folder.
  Result<TreeHandle> tree_of(const git_tree_entry* entry) const {
    TreeHandle tree;
    if (!entry || git_tree_entry_type(entry) != GIT_OBJECT_TREE) return tree;
    if (receive(tree, git_tree_lookup, repository_, git_tree_entry_id(entry)) != 0) {
      return unreadable("reading a tree");
    }
    return tree;
  }

  git_repository* repository_;
  size_t file_limit_;
  std::vector<Delta> deltas_;
  std::string path_;  ///< shared by all levels: copies would be large in deep folders
  size_t path_bytes_ = 0;
  bool is_too_long_ = false;
  size_t depth_ = 0;
  size_t tree_count_ = 0;
};

}  // namespace

Result<std::optional<Deltas>> find_deltas(git_repository* repository, const git_tree* before,
                                          const git_tree* after, size_t file_limit) {
  Walk walk(repository, file_limit);
  TRY(walk.compare(before, after));
  if (walk.found_too_many_trees()) return std::nullopt;
  return walk.take();
}

}  // namespace esclusa::git
