#pragma once
#include <git2.h>

#include <memory>
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
using CommitHandle = std::unique_ptr<git_commit, Freer<git_commit_free>>;
using OdbHandle = std::unique_ptr<git_odb, Freer<git_odb_free>>;
using ConfigHandle = std::unique_ptr<git_config, Freer<git_config_free>>;

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

/// `unavailable`, `repository_unreadable`. libgit2's own words name paths: they go to the log.
std::unexpected<Error> unreadable(std::string_view doing);

}  // namespace esclusa::git
