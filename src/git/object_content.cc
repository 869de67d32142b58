#include "git/object_content.h"

#include <cstdio>

#include "base/limits.h"
#include "git/encoding.h"
#include "git/library.h"
#include "git/limits.h"
#include "git/signature.h"

namespace esclusa::git {
namespace {

using TagHandle = std::unique_ptr<git_tag, Freer<git_tag_free>>;
using BlobHandle = std::unique_ptr<git_blob, Freer<git_blob_free>>;
using EntryHandle = std::unique_ptr<git_tree_entry, Freer<git_tree_entry_free>>;
using ObjectDataHandle = std::unique_ptr<git_odb_object, Freer<git_odb_object_free>>;

/// Splits a signed tag's text into message and signature.
Result<void> read_signature(git_repository* repository, const git_oid& id, core::Tag& tag) {
  OdbHandle objects;
  ObjectDataHandle object;
  if (receive(objects, git_repository_odb, repository) != 0 ||
      receive(object, git_odb_read, objects.get(), &id) != 0) {
    return unreadable("reading a tag");
  }
  const std::string_view text(static_cast<const char*>(git_odb_object_data(object.get())),
                              git_odb_object_size(object.get()));
  const size_t begin = find_tag_signature(text);
  if (begin == text.npos || text.size() > limits::commit_message_bytes) return {};
  tag.signature = text.substr(begin);
  tag.signed_text = text.substr(0, begin);
  return {};
}

Result<core::TreeEntry> describe(git_repository* repository, const git_tree_entry* entry,
                                 const std::string& path) {
  const git_object_t type = git_tree_entry_type(entry);
  char mode[12];
  std::snprintf(mode, sizeof mode, "%06o", static_cast<unsigned>(git_tree_entry_filemode(entry)));
  core::TreeEntry described{path, mode, git_object_type2string(type),
                            text_of(*git_tree_entry_id(entry))};
  if (type != GIT_OBJECT_BLOB) return described;
  // The entry's mode may claim a wrong type.
  const auto object = TRY(find_object(repository, *git_tree_entry_id(entry)));
  if (object && object->type == type) described.size = static_cast<int64_t>(object->size);
  return described;
}

class TreeReader {
 public:
  TreeReader(git_repository* repository, bool recursive, size_t limit)
      : repository_(repository), recursive_(recursive), limit_(limit) {}

  Result<void> read(const git_oid& id, const std::string& folder) {
    TreeHandle tree;
    if (receive(tree, git_tree_lookup, repository_, &id) != 0) return unreadable("reading a tree");
    const size_t count = git_tree_entrycount(tree.get());
    for (size_t i = 0; i < count; ++i) {
      if (entries_.size() == limit_) is_truncated_ = true;
      if (is_truncated_) return {};
      const git_tree_entry* entry = git_tree_entry_byindex(tree.get(), i);
      const std::string path = folder + git_tree_entry_name(entry);
      if (path.size() > limits::tree_path_bytes - path_bytes_) {
        is_truncated_ = true;
        return {};
      }
      path_bytes_ += path.size();
      entries_.push_back(TRY(describe(repository_, entry, path)));
      if (recursive_ && git_tree_entry_type(entry) == GIT_OBJECT_TREE) TRY(descend(entry, path));
    }
    return {};
  }

  bool is_truncated() const { return is_truncated_; }
  std::vector<core::TreeEntry> take() { return std::move(entries_); }

 private:
  Result<void> descend(const git_tree_entry* entry, const std::string& path) {
    if (depth_ == limits::diff_depth) {
      is_truncated_ = true;
      return {};
    }
    ++depth_;
    TRY(read(*git_tree_entry_id(entry), path + "/"));
    --depth_;
    return {};
  }

  git_repository* repository_;
  bool recursive_;
  size_t limit_;
  std::vector<core::TreeEntry> entries_;
  size_t path_bytes_ = 0;
  size_t depth_ = 0;
  bool is_truncated_ = false;
};

}  // namespace

Result<std::optional<core::Tag>> read_tag(const Repository& repository, const std::string& sha) {
  const git_oid id = id_of(sha);
  const auto object = TRY(find_object(repository.handle(), id));
  if (!object || object->type != GIT_OBJECT_TAG) return std::nullopt;
  TagHandle handle;
  if (receive(handle, git_tag_lookup, repository.handle(), &id) != 0) {
    return unreadable("reading a tag");
  }
  core::Tag tag;
  tag.sha = text_of(id);
  tag.name = to_utf8(git_tag_name(handle.get()), nullptr);
  const char* message = git_tag_message(handle.get());
  if (message != nullptr) {
    tag.message =
        to_utf8(std::string_view(message).substr(0, limits::commit_message_bytes), nullptr);
  }
  tag.tagger = signature_of(git_tag_tagger(handle.get()), nullptr);
  tag.object_type = git_object_type2string(git_tag_target_type(handle.get()));
  tag.object_sha = text_of(*git_tag_target_id(handle.get()));
  TRY(read_signature(repository.handle(), id, tag));
  return tag;
}

Result<std::optional<core::Tree>> read_tree(const Repository& repository, const std::string& sha,
                                            bool recursive, size_t limit) {
  const git_oid id = id_of(sha);
  const auto object = TRY(find_object(repository.handle(), id));
  if (!object || object->type != GIT_OBJECT_TREE) return std::nullopt;
  TreeReader reader(repository.handle(), recursive, limit);
  TRY(reader.read(id, ""));
  return core::Tree{text_of(id), reader.take(), reader.is_truncated()};
}

Result<std::optional<core::TreeEntry>> find_in_tree(const Repository& repository,
                                                    const std::string& tree_sha,
                                                    const std::string& path) {
  const git_oid id = id_of(tree_sha);
  TreeHandle tree;
  if (receive(tree, git_tree_lookup, repository.handle(), &id) != 0) {
    return unreadable("reading a tree");
  }
  EntryHandle entry;
  const int error = receive(entry, git_tree_entry_bypath, tree.get(), path.c_str());
  if (error == GIT_ENOTFOUND) return std::nullopt;
  if (error != 0) return unreadable("reading a tree");
  return TRY(describe(repository.handle(), entry.get(), path));
}

Result<std::optional<core::Blob>> read_blob(const Repository& repository, const std::string& sha,
                                            size_t limit) {
  const git_oid id = id_of(sha);
  const auto object = TRY(find_object(repository.handle(), id));
  if (!object || object->type != GIT_OBJECT_BLOB) return std::nullopt;
  core::Blob blob{text_of(id), static_cast<int64_t>(object->size), {}};
  if (object->size > limit) return blob;
  BlobHandle handle;
  if (receive(handle, git_blob_lookup, repository.handle(), &id) != 0) {
    return unreadable("reading a blob");
  }
  blob.content.assign(static_cast<const char*>(git_blob_rawcontent(handle.get())),
                      static_cast<size_t>(git_blob_rawsize(handle.get())));
  return blob;
}

}  // namespace esclusa::git
