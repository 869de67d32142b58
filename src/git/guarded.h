#pragma once
#include <git2.h>

namespace esclusa::git {

/// Wraps a function that libgit2 calls. An exception (for example bad_alloc) would leave libgit2's
/// locks held, so the wrapper catches it and returns `on_exception`.
template <auto function, int on_exception>
struct Guarded;

template <class... Arguments, int (*function)(Arguments...), int on_exception>
struct Guarded<function, on_exception> {
  static int call(Arguments... arguments) noexcept {
    try {
      return function(arguments...);
    } catch (...) {
      git_error_set_str(GIT_ERROR_NOMEMORY, "an exception in the object database");
      return on_exception;
    }
  }
};

}  // namespace esclusa::git
