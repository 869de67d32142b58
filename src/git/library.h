#pragma once
#include <git2.h>

#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

/// What the files of this folder share of libgit2.
namespace esclusa::git {

template <auto free_function>
struct Freer {
  template <class T>
  void operator()(T* pointer) const {
    free_function(pointer);
  }
};

using RepositoryHandle = std::unique_ptr<git_repository, Freer<git_repository_free>>;
using ReferenceHandle = std::unique_ptr<git_reference, Freer<git_reference_free>>;
using ObjectHandle = std::unique_ptr<git_object, Freer<git_object_free>>;
using TreeHandle = std::unique_ptr<git_tree, Freer<git_tree_free>>;
using CommitHandle = std::unique_ptr<git_commit, Freer<git_commit_free>>;
using OdbHandle = std::unique_ptr<git_odb, Freer<git_odb_free>>;
using WalkHandle = std::unique_ptr<git_revwalk, Freer<git_revwalk_free>>;
using ConfigHandle = std::unique_ptr<git_config, Freer<git_config_free>>;

/// A `git_buf` that libgit2 fills.
struct BufferHandle {
  git_buf buffer = GIT_BUF_INIT;
  BufferHandle() = default;
  BufferHandle(const BufferHandle&) = delete;
  BufferHandle& operator=(const BufferHandle&) = delete;
  ~BufferHandle() { git_buf_dispose(&buffer); }
  std::string_view view() const { return {buffer.ptr, buffer.size}; }
};

/// For maps from commits to what a walk knows of them.
struct IdHash {
  size_t operator()(const git_oid& id) const {
    size_t hash = 0;
    std::memcpy(&hash, id.id, sizeof hash);  // it is a hash already
    return hash;
  }
};

struct IdEqual {
  bool operator()(const git_oid& a, const git_oid& b) const { return git_oid_equal(&a, &b) != 0; }
};

/// How much older than its ancestor a commit may claim to be: clocks that are wrong by a day.
inline constexpr int64_t date_slack = 24 * 60 * 60;

/// A libgit2 function `int(T** out, arguments...)`, with its result in a handle.
template <class Handle, class Function, class... Arguments>
int receive(Handle& handle, Function function, Arguments... arguments) {
  typename Handle::pointer pointer = nullptr;
  const int error = function(&pointer, arguments...);
  handle.reset(pointer);
  return error;
}

/// Starts libgit2 at the first call. Call it before anything else of libgit2.
void start_library();

/// 40 lower-case hex digits.
std::string text_of(const git_oid& id);
/// `sha` is a full one; anything else is a bug.
git_oid id_of(std::string_view sha);

/// What an object is, without its content.
struct FoundObject {
  git_object_t type = GIT_OBJECT_INVALID;
  size_t size = 0;
};
/// Nothing if there is no object of that id.
Result<std::optional<FoundObject>> find_object(git_repository* repository, const git_oid& id);

/// `unavailable`, `repository_unreadable`. libgit2's own words name paths: they go to the log.
std::unexpected<Error> unreadable(std::string_view doing);

}  // namespace esclusa::git
