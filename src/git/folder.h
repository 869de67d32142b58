#pragma once
#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.h"
#include "base/error.h"

namespace esclusa::git {

/// An open folder with untrusted content: a registered repository, an alternate, or a folder in
/// one. Everything beneath it is opened by openat2. Symbolic links are never followed, even if they
/// were made a moment ago. An entry that is neither a file nor a folder is opened without blocking
/// and closed again. So no entry can lead out of the folder or block a thread.
///
/// Names are relative paths (`refs/heads/main`) without `.`, `..` and empty parts. Errors are
/// `unavailable`: `repository_unsafe` names the path, relative to the repository, and the type of
/// the entry; `repository_unreadable` is any other error. Move-only; any thread.
class Folder {
 public:
  /// `path` must be absolute and must not be a symbolic link: it was made canonical at the
  /// registration.
  static Result<Folder> open(const std::filesystem::path& path);

  /// Nothing if there is no such folder, or a file has the name.
  Result<std::optional<Folder>> folder(const std::string& name) const;
  /// Opens a file; `flags` and `mode` are those of open(). O_CREAT needs O_EXCL. Returns a null
  /// descriptor if there is no such file or a folder has the name; with O_EXCL, if anything has the
  /// name.
  Result<Descriptor> file(const std::string& name, int flags, mode_t mode = 0) const;
  /// The content of a file; nothing if there is no such file. A file longer than `limit` bytes is
  /// unreadable.
  Result<std::optional<std::string>> read(const std::string& name, size_t limit) const;

  struct Entry {
    std::string name;
    unsigned char type;  ///< from <dirent.h>: DT_REG, DT_DIR, DT_UNKNOWN…
  };
  /// The entries except `.` and `..`, unordered. More than `limit` entries: unreadable.
  Result<std::vector<Entry>> list(size_t limit) const;

  /// For calls that take a folder and one name without slashes: unlinkat(), linkat(), fstat().
  int descriptor() const { return descriptor_.get(); }
  /// The folder's path in the repository; empty for the repository itself.
  const std::string& name() const { return name_; }
  /// The path of `name` in this folder, relative to the repository.
  std::string path_of(std::string_view name) const;

 private:
  Folder(Descriptor descriptor, std::string name)
      : descriptor_(std::move(descriptor)), name_(std::move(name)) {}

  Descriptor descriptor_;
  std::string name_;
};

/// `unavailable`, `repository_unsafe`: names the path, and the entry's type by its file mode.
std::unexpected<Error> unsafe_entry(const std::string& path, mode_t mode);

/// `unavailable`, `repository_unreadable`. The cause is only logged, since it may contain paths.
std::unexpected<Error> cannot_read(std::string_view doing, std::string_view cause);

}  // namespace esclusa::git
