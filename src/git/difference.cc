#include "git/difference.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "git/library.h"
#include "git/tree_walk.h"

// libgit2 finds the renames among the changed files. Then the lines of one file at a time are
// compared, so that no large file is read and no attribute or driver of the repository's
// configuration is used.

namespace esclusa::git {
namespace {

using DiffHandle = std::unique_ptr<git_diff, Freer<git_diff_free>>;
using PatchHandle = std::unique_ptr<git_patch, Freer<git_patch_free>>;
using OdbObjectHandle = std::unique_ptr<git_odb_object, Freer<git_odb_object_free>>;

Side side_of(const git_diff_file& file) { return {file.path ? file.path : "", file.id, file.mode}; }

Delta delta_of(const git_diff_delta& delta) {
  Delta copy{delta.status, side_of(delta.old_file), side_of(delta.new_file)};
  if (delta.status == GIT_DELTA_ADDED) copy.before.mode = 0;
  if (delta.status == GIT_DELTA_DELETED) copy.after.mode = 0;
  return copy;
}

class Comparer {
 public:
  explicit Comparer(git_repository* repository) : repository_(repository) {}

  Result<void> open() {
    if (receive(objects_, git_repository_odb, repository_) != 0) return unreadable("comparing");
    return {};
  }

  Result<std::vector<Delta>> find_deltas(const std::string& base, const std::string& head,
                                         size_t limit) {
    const TreeHandle before = TRY(tree_of(base)), after = TRY(tree_of(head));
    auto deltas = TRY(git::find_deltas(repository_, before.get(), after.get(), limit));
    if (!deltas) {
      return fail(ErrorCode::invalid, "Sorry, this diff is taking too long to generate.",
                  "diff_too_large");
    }
    // If the list was cut, one side of a rename may be missing.
    if (deltas->is_cut || !may_have_renames(deltas->files)) return std::move(deltas->files);
    return find_renames(before.get(), after.get(), deltas->files);
  }

  /// The file with its line counts, and with its patch if wanted.
  Result<core::FileChange> compare(const Delta& delta, bool wants_patch) {
    core::FileChange change = describe(delta);
    const std::optional<std::string> before = TRY(text_of_side(delta.before));
    const std::optional<std::string> after = TRY(text_of_side(delta.after));
    if (!before || !after || *before == *after) return change;
    git_diff_options options = GIT_DIFF_OPTIONS_INIT;
    PatchHandle patch;
    if (receive(patch, git_patch_from_buffers, before->data(), before->size(), nullptr,
                after->data(), after->size(), nullptr, &options) != 0 ||
        git_patch_line_stats(nullptr, &change.addition_count, &change.deletion_count,
                             patch.get()) != 0) {
      return unreadable("comparing a file");
    }
    if (wants_patch && git_patch_num_hunks(patch.get()) > 0) change.patch = hunks(patch.get());
    return change;
  }

 private:
  static bool may_have_renames(const std::vector<Delta>& deltas) {
    auto has = [&](git_delta_t status) {
      return std::ranges::any_of(deltas, [&](const Delta& d) { return d.status == status; });
    };
    return has(GIT_DELTA_ADDED) && has(GIT_DELTA_DELETED);
  }

  Result<std::vector<Delta>> find_renames(git_tree* before, git_tree* after,
                                          const std::vector<Delta>& known) {
    std::vector<std::string> paths;
    for (const Delta& delta : known) paths.push_back(delta.after.path);
    std::vector<char*> names;
    for (std::string& path : paths) names.push_back(path.data());
    git_diff_options options = GIT_DIFF_OPTIONS_INIT;
    options.flags =
        GIT_DIFF_INCLUDE_TYPECHANGE | GIT_DIFF_SKIP_BINARY_CHECK | GIT_DIFF_DISABLE_PATHSPEC_MATCH;
    options.pathspec = {names.data(), names.size()};  // limits the walk to these paths
    DiffHandle diff;
    if (receive(diff, git_diff_tree_to_tree, repository_, before, after, &options) != 0) {
      return unreadable("comparing");
    }
    git_diff_find_options find = GIT_DIFF_FIND_OPTIONS_INIT;
    find.flags = GIT_DIFF_FIND_RENAMES;
    if (!are_cheap(known)) find.flags |= GIT_DIFF_FIND_EXACT_MATCH_ONLY;
    if (git_diff_find_similar(diff.get(), &find) != 0) return unreadable("looking for renames");
    std::vector<Delta> deltas;
    for (size_t i = 0; i < git_diff_num_deltas(diff.get()); ++i) {
      deltas.push_back(delta_of(*git_diff_get_delta(diff.get(), i)));
    }
    return deltas;
  }

  Result<TreeHandle> tree_of(const std::string& sha) {
    TreeHandle tree;
    if (sha.empty()) return tree;
    const git_oid id = id_of(sha);
    CommitHandle commit;
    if (receive(commit, git_commit_lookup, repository_, &id) != 0 ||
        receive(tree, git_commit_tree, commit.get()) != 0) {
      return unreadable("reading a tree");
    }
    return tree;
  }

  static core::FileChange describe(const Delta& delta) {
    core::FileChange change;
    const bool removed = delta.after.mode == 0;
    change.path = removed ? delta.before.path : delta.after.path;
    change.sha = text_of(removed ? delta.before.id : delta.after.id);
    switch (delta.status) {
      case GIT_DELTA_ADDED: change.status = core::FileStatus::added; break;
      case GIT_DELTA_DELETED: change.status = core::FileStatus::removed; break;
      case GIT_DELTA_RENAMED:
        change.status = core::FileStatus::renamed;
        change.previous_path = delta.before.path;
        break;
      case GIT_DELTA_TYPECHANGE: change.status = core::FileStatus::changed; break;
      default: break;
    }
    return change;
  }

  /// The size of an object; nothing if it cannot be read.
  std::optional<size_t> size_of(const git_oid& id) const {
    size_t size = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    if (git_odb_read_header(&size, &type, objects_.get(), &id) != 0) return std::nullopt;
    return size;
  }

  /// Whether the added and removed files are small enough for the rename search, which reads them
  /// all.
  bool are_cheap(const std::vector<Delta>& deltas) const {
    size_t total = 0;
    for (const Delta& delta : deltas) {
      if ((delta.before.mode == 0) == (delta.after.mode == 0)) continue;
      const Side& side = delta.after.mode == 0 ? delta.before : delta.after;
      if (side.mode == GIT_FILEMODE_COMMIT) continue;
      total += size_of(side.id).value_or(limits::diff_total_bytes);
      if (total >= limits::diff_total_bytes) return false;
    }
    return true;
  }

  /// The text to compare; nothing if it is too large.
  Result<std::optional<std::string>> text_of_side(const Side& side) {
    if (side.mode == 0) return "";
    if (side.mode == GIT_FILEMODE_COMMIT) return "Subproject commit " + text_of(side.id) + "\n";
    const std::optional<size_t> size = size_of(side.id);
    if (!size) return unreadable("reading a file");
    if (*size > limits::diff_blob_bytes || *size > limits::diff_total_bytes - compared_bytes_) {
      return std::nullopt;
    }
    compared_bytes_ += *size;
    OdbObjectHandle object;
    if (receive(object, git_odb_read, objects_.get(), &side.id) != 0) {
      return unreadable("reading a file");
    }
    return std::string(static_cast<const char*>(git_odb_object_data(object.get())),
                       git_odb_object_size(object.get()));
  }

  /// The patch from its first hunk on, without the last line feed, as on GitHub.
  std::optional<std::string> hunks(git_patch* patch) {
    constexpr int with_context = 1, with_hunk_headers = 1, without_file_headers = 0;
    const size_t size =
        git_patch_size(patch, with_context, with_hunk_headers, without_file_headers);
    if (size > limits::patch_bytes || size > limits::patch_total_bytes - written_bytes_) {
      return std::nullopt;
    }
    written_bytes_ += size;
    BufferHandle buffer;
    if (git_patch_to_buf(&buffer.buffer, patch) != 0) return std::nullopt;
    std::string_view text = buffer.view();
    const size_t begin = text.find("\n@@ ");
    if (begin == text.npos) return std::nullopt;
    text.remove_prefix(begin + 1);
    if (text.ends_with('\n')) text.remove_suffix(1);
    return std::string(text);
  }

  git_repository* repository_;
  OdbHandle objects_;
  size_t compared_bytes_ = 0;
  size_t written_bytes_ = 0;
};

}  // namespace

Result<core::Difference> difference(const Repository& repository, const std::string& base,
                                    const std::string& head, const DifferenceBounds& bounds) {
  Comparer comparer(repository.handle());
  TRY(comparer.open());
  const auto deltas = TRY(comparer.find_deltas(base, head, bounds.file_count));
  core::Difference difference;
  difference.base_sha = base;
  const int64_t begin = bounds.page.offset(), end = begin + bounds.page.size;
  for (const Delta& delta : deltas) {
    const int64_t index = difference.total_count++;
    const bool on_page = index >= begin && index < end;
    core::FileChange change = TRY(comparer.compare(delta, on_page));
    difference.addition_count += change.addition_count;
    difference.deletion_count += change.deletion_count;
    if (on_page) difference.items.push_back(std::move(change));
  }
  return difference;
}

}  // namespace esclusa::git
