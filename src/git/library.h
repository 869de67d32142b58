#pragma once
#include <git2.h>

#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

/// The libgit2 helpers that the files of this folder share.
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

/// Owns a `git_buf` that libgit2 fills.
struct BufferHandle {
  git_buf buffer = GIT_BUF_INIT;
  BufferHandle() = default;
  BufferHandle(const BufferHandle&) = delete;
  BufferHandle& operator=(const BufferHandle&) = delete;
  ~BufferHandle() { git_buf_dispose(&buffer); }
  std::string_view view() const { return {buffer.ptr, buffer.size}; }
};

/// The hash for maps from commit ids to a walk's data.
struct IdHash {
  size_t operator()(const git_oid& id) const {
    size_t hash = 0;
    std::memcpy(&hash, id.id, sizeof hash);  // an id is a hash already
    return hash;
  }
};

struct IdEqual {
  bool operator()(const git_oid& a, const git_oid& b) const { return git_oid_equal(&a, &b) != 0; }
};

/// How much older than its ancestor a commit may claim to be: clocks may be wrong by a day.
inline constexpr int64_t date_slack = 24 * 60 * 60;

/// Calls a libgit2 function `int(T** out, arguments...)`, and stores its result in a handle.
template <class Handle, class Function, class... Arguments>
int receive(Handle& handle, Function function, Arguments... arguments) {
  typename Handle::pointer pointer = nullptr;
  const int error = function(&pointer, arguments...);
  handle.reset(pointer);
  return error;
}

/// Initialises libgit2 at the first call. Call this before any other use of libgit2.
void start_library();

/// 40 lower-case hex digits.
std::string text_of(const git_oid& id);
/// `sha` must be a full SHA; anything else is a bug.
git_oid id_of(std::string_view sha);

/// An object's type and size, without its content.
struct FoundObject {
  git_object_t type = GIT_OBJECT_INVALID;
  size_t size = 0;
};
/// Nothing if there is no object with that id.
Result<std::optional<FoundObject>> find_object(git_repository* repository, const git_oid& id);

/// `unavailable`, `repository_unreadable`. libgit2's message is only logged, since it names paths.
std::unexpected<Error> unreadable(std::string_view doing);
/// `invalid`, `history_too_long`: an answer would take a walk over more commits.
std::unexpected<Error> history_too_long(size_t walked_max);

}  // namespace esclusa::git
