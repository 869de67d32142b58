#include "git/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>

#include "base/check.h"
#include "base/log.h"
#include "base/text.h"

namespace esclusa::git {
namespace {

std::string cause_of(int error) { return std::generic_category().message(error); }

/// Calls openat2(), which glibc 2.36 lacks. On failure the descriptor is negative, and errno is
/// set.
Descriptor open_beneath(int folder, const char* name, int flags, mode_t mode, uint64_t resolve) {
  open_how how{};
  how.flags = static_cast<uint64_t>(flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  how.mode = (flags & O_CREAT) != 0 ? mode : 0;
  how.resolve = resolve | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  long fd = 0;
  do {
    fd = syscall(SYS_openat2, folder, name, &how, sizeof how);
  } while (fd < 0 && errno == EINTR);
  return Descriptor(static_cast<int>(fd));
}

std::string_view kind_of(mode_t mode) {
  if (S_ISFIFO(mode)) return "a FIFO";
  if (S_ISSOCK(mode)) return "a socket";
  if (S_ISLNK(mode)) return "a symbolic link";
  if (S_ISDIR(mode)) return "a folder";
  return S_ISREG(mode) ? "a file" : "a device";
}

std::unexpected<Error> unsafe(const std::string& path, std::string_view kind) {
  return fail(ErrorCode::unavailable,
              printable(path) + " in the git repository is " + std::string(kind) +
                  ". Esclusa opens only the files and folders that lie in the repository itself.",
              "repository_unsafe");
}

/// The error for a name that could not be opened.
std::unexpected<Error> refuse(const Folder& folder, const std::string& name, int error) {
  const std::string path = folder.path_of(name);
  if (error == ELOOP) return unsafe(path, "a symbolic link, or lies behind one");
  if (error == ENXIO || error == ENODEV) return unsafe(path, "a FIFO, a socket or a device");
  return cannot_read("opening " + path, cause_of(error));
}

bool is_absent(int error) { return error == ENOENT || error == ENOTDIR || error == ENAMETOOLONG; }

using StreamHandle = std::unique_ptr<DIR, decltype([](DIR* stream) { closedir(stream); })>;

}  // namespace

std::unexpected<Error> unsafe_entry(const std::string& path, mode_t mode) {
  return unsafe(path, kind_of(mode));
}

std::unexpected<Error> cannot_read(std::string_view doing, std::string_view cause) {
  log::warning("git repository unreadable", {{"doing", doing}, {"cause", cause}});
  return fail(ErrorCode::unavailable, "The git repository cannot be read.",
              "repository_unreadable");
}

Result<Folder> Folder::open(const std::filesystem::path& path) {
  Descriptor opened = open_beneath(AT_FDCWD, path.c_str(), O_RDONLY | O_DIRECTORY, 0, 0);
  if (opened) return Folder(std::move(opened), "");
  if (errno == ELOOP) {
    log::warning("git repository behind a symbolic link", {{"path", path.string()}});
    return fail(ErrorCode::unavailable,
                "The path of the git repository leads through a symbolic link that was not there "
                "when it was registered.",
                "repository_unsafe");
  }
  return cannot_read("opening it", cause_of(errno));
}

std::string Folder::path_of(std::string_view name) const {
  return name_.empty() ? std::string(name) : name_ + "/" + std::string(name);
}

Result<std::optional<Folder>> Folder::folder(const std::string& name) const {
  Descriptor opened =
      open_beneath(descriptor_.get(), name.c_str(), O_RDONLY | O_DIRECTORY, 0, RESOLVE_BENEATH);
  if (opened) return Folder(std::move(opened), path_of(name));
  if (is_absent(errno)) return std::nullopt;
  return refuse(*this, name, errno);
}

Result<Descriptor> Folder::file(const std::string& name, int flags, mode_t mode) const {
  ENSURE((flags & O_CREAT) == 0 || (flags & O_EXCL) != 0);
  Descriptor opened = open_beneath(descriptor_.get(), name.c_str(), flags, mode, RESOLVE_BENEATH);
  if (!opened) {
    const bool exists = errno == EEXIST && (flags & O_EXCL) != 0;
    if (exists || errno == EISDIR || is_absent(errno)) return Descriptor();
    return refuse(*this, name, errno);
  }
  struct stat info{};
  if (fstat(opened.get(), &info) != 0) return refuse(*this, name, errno);
  if (S_ISDIR(info.st_mode)) return Descriptor();
  if (!S_ISREG(info.st_mode)) return unsafe_entry(path_of(name), info.st_mode);
  return opened;
}

Result<std::optional<std::string>> Folder::read(const std::string& name, size_t limit) const {
  const Descriptor opened = TRY(file(name, O_RDONLY));
  if (!opened) return std::nullopt;
  std::string content;
  char buffer[4096];
  ssize_t count = 0;
  while ((count = ::read(opened.get(), buffer, sizeof buffer)) != 0) {
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return cannot_read("reading " + path_of(name), cause_of(errno));
    content.append(buffer, static_cast<size_t>(count));
    if (content.size() > limit) return cannot_read("reading " + path_of(name), "it is too long");
  }
  return content;
}

Result<std::vector<Folder::Entry>> Folder::list(size_t limit) const {
  // A new descriptor: duplicates would share the reading position.
  Descriptor own = open_beneath(descriptor_.get(), ".", O_RDONLY | O_DIRECTORY, 0, RESOLVE_BENEATH);
  const StreamHandle stream(own ? fdopendir(own.get()) : nullptr);
  if (!stream) return cannot_read("listing " + name_, cause_of(errno));
  own.release();
  std::vector<Entry> entries;
  while (true) {
    errno = 0;
    const dirent* entry = readdir(stream.get());
    if (entry == nullptr && errno != 0) return cannot_read("listing " + name_, cause_of(errno));
    if (entry == nullptr) return entries;
    const std::string_view entry_name = entry->d_name;
    if (entry_name == "." || entry_name == "..") continue;
    if (entries.size() == limit) return cannot_read("listing " + name_, "it holds too much");
    entries.push_back({std::string(entry_name), entry->d_type});
  }
}

}  // namespace esclusa::git
