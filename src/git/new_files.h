#pragma once
#include <sys/stat.h>

#include <string>
#include <string_view>

#include "git/folder.h"

namespace esclusa::git {

/// Makes files and folders in a repository that other users share, with the permissions that git
/// itself would give: by the umask at the program's start, and by core.sharedRepository. A file
/// grants at least what its folder grants (except write access for others), so that whoever could
/// read and push still can. If the program runs as root, the file belongs to the owner of its
/// folder.
class NewFiles {
 public:
  /// `repository` must outlive this object.
  static Result<NewFiles> in(const Folder& repository);

  /// The folder of that name in the repository; missing folders are made.
  Result<Folder> folder(const std::string& name) const;
  enum class Kind { ref, object };
  /// Makes a new file for writing; null if the name is taken, or the folder was removed.
  Result<Descriptor> create(const Folder& folder, const std::string& name, Kind kind) const;

 private:
  NewFiles(const Folder& repository, int shared) : repository_(repository), shared_(shared) {}
  Result<void> give(int file, const Folder& parent, mode_t mode, std::string_view doing) const;

  const Folder& repository_;
  int shared_;  ///< as in git: bits to add, or, if negative, bits that replace
};

/// Writes the whole content, and returns when it is on the disk.
Result<void> write_durably(int file, std::string_view content, const std::string& path);
/// Returns when changes of the folder's entries (made, renamed, removed) are on the disk.
Result<void> sync(const Folder& folder);

/// `unavailable`, `repository_unwritable`; the cause is only logged.
std::unexpected<Error> cannot_write(const std::string& path, int error);

}  // namespace esclusa::git
