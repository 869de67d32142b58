#pragma once
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "base/error.h"

namespace esclusa {

/// What a process and all that it starts may do to files. Everything else is refused to it, also
/// to make devices, sockets, FIFOs and symbolic links, and, where the kernel can, to use TCP and to
/// signal processes outside. A folder stands for all that is beneath it.
struct Confinement {
  std::vector<std::string> readable = {};
  std::vector<std::string> writable = {};  ///< and readable: files and folders are made and removed
  std::vector<std::string> executable = {};  ///< and readable

  void add(const Confinement& more);
};

/// The version of Landlock that the kernel offers; 0 if it has none, or one that cannot tell a move
/// between two folders of a repository from a way out (before version 2). Asked once.
int landlock_version();

/// A confinement, made ready by Linux's Landlock.
class Landlock {
 public:
  /// Opens the paths, following symbolic links: a path inside of a folder that is not trusted has
  /// to come from a descriptor, as `/proc/self/fd/N`. Paths that are not there grant nothing. With
  /// version 0 nothing will be confined. `unavailable` if a path cannot be opened.
  static Result<Landlock> prepare(const Confinement& confinement, int version = landlock_version());

  /// Confines the calling thread and whatever it starts, for good: 0 or the error's number. Takes
  /// away set-user-ID as well. May be called between fork() and exec().
  int confine_this_thread() const;

 private:
  Descriptor ruleset_;
};

}  // namespace esclusa
