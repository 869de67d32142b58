#pragma once
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "base/error.h"

namespace esclusa {

/// The files that a process and its children may use. All other access is refused, as is making
/// devices, sockets, FIFOs and symbolic links. Where the kernel supports it, TCP and signals to
/// processes outside are refused too. A folder stands for everything beneath it.
struct Confinement {
  std::vector<std::string> readable = {};
  std::vector<std::string> writable = {};    ///< also readable; files may be made and removed
  std::vector<std::string> executable = {};  ///< also readable

  void add(const Confinement& more);
};

/// The version of Landlock that the kernel offers; 0 if it has none. Version 1 counts as 0: it
/// forbids every move of a file between two folders. The kernel is asked once.
int landlock_version();

/// A confinement that is ready to be applied, by Linux's Landlock.
class Landlock {
 public:
  /// Opens the paths, following symbolic links: name a path inside an untrusted folder by its
  /// descriptor, as `/proc/self/fd/N`. A path that does not exist grants nothing. With version 0,
  /// nothing is confined. `unavailable` if a path cannot be opened.
  static Result<Landlock> prepare(const Confinement& confinement, int version = landlock_version());

  /// Confines the calling thread and its future children for good. Returns 0 or errno. Also
  /// disables set-user-ID. May be called between fork() and exec().
  int confine_this_thread() const;

 private:
  Descriptor ruleset_;
};

}  // namespace esclusa
