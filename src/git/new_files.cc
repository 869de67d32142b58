#include "git/new_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <system_error>

#include "base/log.h"
#include "base/text.h"
#include "git/settings.h"

namespace esclusa::git {
namespace {

constexpr int shared_with_group = 0660, shared_with_all = 0664;

/// The umask when the program started, before the server sets its own stricter one; no other thread
/// runs yet.
const mode_t umask_at_start = [] {
  const mode_t mask = umask(0);
  umask(mask);
  return mask;
}();

/// Parses a value of core.sharedRepository, as git does.
int parse_shared(const std::string& name) {
  if (name == "group" || name == "true" || name == "yes" || name == "on" || name == "1") {
    return shared_with_group;
  }
  if (name == "all" || name == "world" || name == "everybody" || name == "2") {
    return shared_with_all;
  }
  int bits = 0;
  const auto [rest, error] = std::from_chars(name.data(), name.data() + name.size(), bits, 8);
  const bool is_mode = error == std::errc() && rest == name.data() + name.size() &&
                       name.starts_with('0') && (bits & 0600) == 0600;
  return is_mode ? -(bits & 0666) : 0;
}

/// The same as git's calc_shared_perm().
mode_t share(mode_t mode, int shared) {
  if (shared == 0) return mode;
  auto bits = static_cast<mode_t>(shared < 0 ? -shared : shared);
  if ((mode & S_IWUSR) == 0) bits &= ~mode_t{0222};
  return shared < 0 ? bits : mode | bits;
}

}  // namespace

std::unexpected<Error> cannot_write(const std::string& path, int error) {
  log::warning("git repository unwritable",
               {{"path", path}, {"cause", std::generic_category().message(error)}});
  return fail(ErrorCode::unavailable, "The git repository cannot be written to.",
              "repository_unwritable");
}

Result<NewFiles> NewFiles::in(const Folder& repository) {
  const auto value = TRY(read_core_setting(repository, "sharedrepository"));
  return NewFiles(repository, value ? parse_shared(*value) : 0);
}

Result<void> NewFiles::give(int file, const Folder& parent, mode_t mode,
                            std::string_view doing) const {
  struct stat info{};
  if (fstat(parent.descriptor(), &info) != 0) return cannot_write(std::string(doing), errno);
  const bool is_root = geteuid() == 0;
  if (is_root && fchown(file, info.st_uid, info.st_gid) != 0) {
    return cannot_write(std::string(doing), errno);
  }
  // The folder's own permissions, except write access for others, which is never granted.
  const mode_t granted = info.st_mode & 0775;
  const bool is_folder = (mode & S_IXUSR) != 0;
  mode = share(mode & ~umask_at_start, shared_) | (granted & mode);
  if (is_folder) {
    mode |= (mode & 0444) >> 2;
    if (((info.st_mode & S_ISGID) != 0) || (shared_ != 0 && (mode & 060) != 0)) mode |= S_ISGID;
  }
  if (fchmod(file, mode) != 0) return cannot_write(std::string(doing), errno);
  return {};
}

Result<Folder> NewFiles::folder(const std::string& name) const {
  std::optional<Folder> made;
  for (const std::string_view part : split(name, '/')) {
    const Folder& parent = made ? *made : repository_;
    const std::string leaf(part);
    auto found = TRY(parent.folder(leaf));
    if (!found) {
      const bool is_new = mkdirat(parent.descriptor(), leaf.c_str(), 0700) == 0;
      const int error = is_new ? ENOENT : errno;
      found = TRY(parent.folder(leaf));
      if (!found) return cannot_write(parent.path_of(leaf), error);
      if (is_new) {
        TRY(give(found->descriptor(), parent, 0777, found->name()));
        TRY(sync(parent));
      }
    }
    made = std::move(found);
  }
  return std::move(*made);
}

Result<Descriptor> NewFiles::create(const Folder& folder, const std::string& name,
                                    Kind kind) const {
  Descriptor file = TRY(folder.file(name, O_WRONLY | O_CREAT | O_EXCL, 0600));
  if (file) {
    const auto given =
        give(file.get(), folder, kind == Kind::object ? 0444 : 0666, folder.path_of(name));
    if (!given) {
      unlinkat(folder.descriptor(), name.c_str(), 0);
      return std::unexpected(given.error());
    }
  }
  return file;
}

Result<void> write_durably(int file, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t count = write(file, content.data(), content.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return cannot_write(path, errno);
    content.remove_prefix(static_cast<size_t>(count));
  }
  if (fsync(file) != 0) return cannot_write(path, errno);
  return {};
}

Result<void> sync(const Folder& folder) {
  if (fsync(folder.descriptor()) != 0) return cannot_write(folder.name(), errno);
  return {};
}

}  // namespace esclusa::git
