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

/// An open folder whose content somebody else chose: a registered repository, an alternate, or a
/// folder in one. It opens everything beneath it, by openat2. It follows no symbolic link, also if
/// somebody made the link a moment ago. What is neither a file nor a folder is opened without
/// waiting and closed again. So nothing in it can lead out or hold a thread.
///
/// Names are relative paths (`refs/heads/main`) without `.`, `..` and empty parts. An error is
/// `unavailable`: `repository_unsafe` names the path, relative to the repository, and what is
/// there; `repository_unreadable` is anything else. Move-only; any thread.
class Folder {
 public:
  /// `path` is absolute, and no symbolic link: it was made canonical when it was registered.
  static Result<Folder> open(const std::filesystem::path& path);

  /// Nothing if there is none, or a file stands in the way.
  Result<std::optional<Folder>> folder(const std::string& name) const;
  /// Opens a file, as open() takes `flags` and `mode`; O_CREAT needs O_EXCL. A null one if there is
  /// none or a folder has that name; with O_EXCL, if there is anything of that name.
  Result<Descriptor> file(const std::string& name, int flags, mode_t mode = 0) const;
  /// The whole of a file; nothing if there is none. Longer than `limit` bytes: unreadable.
  Result<std::optional<std::string>> read(const std::string& name, size_t limit) const;

  struct Entry {
    std::string name;
    unsigned char type;  ///< of <dirent.h>: DT_REG, DT_DIR, DT_UNKNOWN…
  };
  /// What is in it but `.` and `..`, in no order. More than `limit`: unreadable.
  Result<std::vector<Entry>> list(size_t limit) const;

  /// For calls that take a folder and one name without slashes: unlinkat(), linkat(), fstat().
  int descriptor() const { return descriptor_.get(); }
  /// Where it lies in the repository; empty for the repository itself.
  const std::string& name() const { return name_; }
  /// `name` in this folder, relative to the repository.
  std::string path_of(std::string_view name) const;

 private:
  Folder(Descriptor descriptor, std::string name)
      : descriptor_(std::move(descriptor)), name_(std::move(name)) {}

  Descriptor descriptor_;
  std::string name_;
};

/// `unavailable`, `repository_unsafe`: what is at a path of a repository, by its file mode.
std::unexpected<Error> unsafe_entry(const std::string& path, mode_t mode);

/// `unavailable`, `repository_unreadable`; the cause goes to the log, in which paths may stand.
std::unexpected<Error> cannot_read(std::string_view doing, std::string_view cause);

}  // namespace esclusa::git
