#pragma once
#include <git2.h>

namespace esclusa::git {

/// A function that libgit2 calls: an exception, as for want of memory, would leave libgit2's locks
/// held, and so becomes the answer `on_exception`.
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
