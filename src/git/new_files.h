#pragma once
#include <sys/stat.h>

#include <string>
#include <string_view>

#include "git/folder.h"

namespace esclusa::git {

/// Makes files and folders in a repository that others use, too, as git itself would: by the umask
/// that the program was started with, and by core.sharedRepository of the repository. A file grants
/// at least what its folder grants, so that whoever could read and push before still can. If we are
/// root, it belongs to the owner of its folder.
class NewFiles {
 public:
  /// `repository` must live as long as this.
  static Result<NewFiles> in(const Folder& repository);

  /// The folder of that name in the repository; it and those above it are made if need be.
  Result<Folder> folder(const std::string& name) const;
  enum class Kind { ref, object };
  /// A new file to write to; null if there is something of that name, or the folder has gone.
  Result<Descriptor> create(const Folder& folder, const std::string& name, Kind kind) const;

 private:
  NewFiles(const Folder& repository, int shared) : repository_(repository), shared_(shared) {}
  Result<void> give(int file, const Folder& parent, mode_t mode, std::string_view doing) const;

  const Folder& repository_;
  int shared_;  ///< as git has it: bits to add, or, negative, those to have instead
};

/// Writes all of it, and returns when it is on the disk.
Result<void> write_durably(int file, std::string_view content, const std::string& path);
/// What was made, renamed or removed in a folder is on the disk afterwards.
Result<void> sync(const Folder& folder);

/// `unavailable`, `repository_unwritable`; the cause goes to the log.
std::unexpected<Error> cannot_write(const std::string& path, int error);

}  // namespace esclusa::git
