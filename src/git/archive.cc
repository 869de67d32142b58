#include "git/archive.h"

#include "base/limits.h"
#include "base/text.h"
#include "git/commits.h"
#include "git/folder.h"
#include "git/limits.h"
#include "git/object_content.h"

namespace esclusa::git {
namespace {

constexpr size_t part_bytes = 512 * 1024;
constexpr size_t entry_bytes = 100;  ///< what an entry takes in the list of a zip beside its path
constexpr size_t step_bytes = 512;   ///< what an entry counts for its part, also if it is empty
constexpr size_t link_bytes = 4096;  ///< the longest path that a system takes

std::unexpected<Error> cannot_archive(std::string_view cause) {
  return cannot_read("making an archive", cause);
}

/// git refuses such names when it checks a commit out.
bool leads_out(std::string_view name) {
  return name.empty() || name == "." || name == ".." || name.contains('/') ||
         equal_ignoring_case(name, ".git");
}

}  // namespace

Archive::Archive(core::Repository repository, std::string commit_sha, std::string folder,
                 core::ArchiveFormat format)
    : registered_(std::move(repository)),
      commit_sha_(std::move(commit_sha)),
      format_(format),
      path_(std::move(folder)) {}

Result<std::optional<std::string>> Archive::next() {
  if (is_over_) return std::nullopt;
  const auto repository = TRY(Repository::open(registered_));
  part_bytes_ = 0;
  if (!writer_) TRY(begin(repository));
  while (part_bytes_ < part_bytes && !is_over_) TRY(step(repository));
  for (Level& level : levels_) level.tree.reset();  // the repository is closed now
  return writer_->take();
}

Result<void> Archive::begin(const Repository& repository) {
  const auto commit = TRY(read_commit(repository, commit_sha_));
  writer_.emplace(format_, commit.committer.at);
  const git_oid tree_id = id_of(commit.tree_sha);
  return add_folder(&tree_id);
}

/// Does the next piece of work.
Result<void> Archive::step(const Repository& repository) {
  if (long_file_) return copy_long_file();
  if (levels_.empty()) {
    is_over_ = true;
    return writer_->end();
  }
  Level& level = levels_.back();
  if (!level.tree && receive(level.tree, git_tree_lookup, repository.handle(), &level.id) != 0) {
    return unreadable("reading a tree");
  }
  if (level.next == git_tree_entrycount(level.tree.get())) {
    levels_.pop_back();
    return {};
  }
  path_.resize(level.path_size);
  // The entry belongs to the tree, which stays open while folders are added below it.
  return add(repository, git_tree_entry_byindex(level.tree.get(), level.next++));
}

Result<void> Archive::add(const Repository& repository, const git_tree_entry* entry) {
  const std::string_view name = git_tree_entry_name(entry);
  if (leads_out(name)) return cannot_archive("a name leads out of the folder");
  path_ += name;
  switch (git_tree_entry_filemode(entry)) {
    case GIT_FILEMODE_TREE: return add_folder(git_tree_entry_id(entry));
    case GIT_FILEMODE_COMMIT: return add_folder(nullptr);
    default: return add_file(repository, entry);
  }
}

/// Adds the folder at `path_`; its entries follow, unless there is no tree.
Result<void> Archive::add_folder(const git_oid* tree_id) {
  if (levels_.size() == limits::diff_depth) return cannot_archive("its folders are too deep");
  TRY(count(0));
  TRY(writer_->add_folder(path_));
  if (tree_id == nullptr) return {};
  path_ += '/';
  levels_.push_back({*tree_id, path_.size()});
  return {};
}

Result<void> Archive::add_file(const Repository& repository, const git_tree_entry* entry) {
  // The reader of objects has its own limit, `limits::git_object_bytes`.
  const auto blob =
      TRY(read_blob(repository, text_of(*git_tree_entry_id(entry)), limits::git_object_bytes));
  if (!blob) return cannot_archive("a file is missing");
  const std::string& content = blob->content;
  if (content.size() != static_cast<size_t>(blob->size))
    return cannot_archive("a file is too long");
  TRY(count(content.size()));
  const git_filemode_t mode = git_tree_entry_filemode(entry);
  if (mode == GIT_FILEMODE_LINK) {
    if (content.size() > link_bytes) return cannot_archive("a symbolic link is too long");
    return writer_->add_link(path_, content);
  }
  TRY(writer_->begin_file(path_, mode == GIT_FILEMODE_BLOB_EXECUTABLE, content.size()));
  if (content.size() > part_bytes) return store_long_file(content);
  part_bytes_ += content.size();
  return writer_->write(content);
}

Result<void> Archive::store_long_file(std::string_view content) {
  long_file_.reset(std::tmpfile());
  if (!long_file_ ||
      std::fwrite(content.data(), 1, content.size(), long_file_.get()) != content.size() ||
      std::fseek(long_file_.get(), 0, SEEK_SET) != 0) {
    return cannot_archive("the temporary folder cannot be written");
  }
  return {};
}

/// Copies one piece of the long file.
Result<void> Archive::copy_long_file() {
  std::string piece(part_bytes, '\0');
  piece.resize(std::fread(piece.data(), 1, piece.size(), long_file_.get()));
  if (std::ferror(long_file_.get()) != 0) return cannot_archive("the temporary file is unreadable");
  if (piece.empty()) long_file_.reset();
  part_bytes_ += piece.size();
  return writer_->write(piece);
}

/// Counts an entry at `path_` before it is written.
Result<void> Archive::count(size_t content_bytes) {
  part_bytes_ += step_bytes;
  list_bytes_ += path_.size() + entry_bytes;
  content_bytes_ += content_bytes;
  if (list_bytes_ > limits::archive_list_bytes || content_bytes_ > limits::archive_bytes) {
    return cannot_archive("it is too much for one archive");
  }
  return {};
}

}  // namespace esclusa::git
