#include "agent/files.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/crypto.h"

namespace esclusa::agent {
namespace {
namespace fs = std::filesystem;

class File {
 public:
  File(const fs::path& path, int flags, mode_t mode = 0)
      : fd_(open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  File(const File&) = delete;
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(fd, text.data(), text.size());
    if (count < 0 && errno != EINTR) return false;
    if (count > 0) text.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

}  // namespace

std::unexpected<Error> file_error(const std::string& what, const fs::path& file) {
  const int error = errno;
  return fail(ErrorCode::unavailable, "cannot " + what + " " + file.string() + ": " +
                                          std::generic_category().message(error));
}

Result<std::string> read_file(const fs::path& path) {
  File file(path, O_RDONLY);
  if (!file) return file_error("read", path);
  std::string text;
  while (true) {
    char buffer[64 * 1024];
    const ssize_t count = read(file.get(), buffer, sizeof buffer);
    if (count == 0) return text;
    if (count > 0) text.append(buffer, static_cast<size_t>(count));
    if (count < 0 && errno != EINTR) return file_error("read", path);
  }
}

Result<void> write_durably(const fs::path& path, std::string_view text) {
  const fs::path aside = path.parent_path() / ("." + random_base62(16) + ".tmp");
  {
    File file(aside, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (!file) return file_error("make", aside);
    if (!write_all(file.get(), text) || fsync(file.get()) != 0) {
      auto error = file_error("write", aside);
      unlink(aside.c_str());
      return error;
    }
  }
  if (rename(aside.c_str(), path.c_str()) != 0) {
    auto error = file_error("write", path);
    unlink(aside.c_str());
    return error;
  }
  return sync_folder(path.parent_path());
}

Result<void> make_folders(const fs::path& folder) {
  struct stat info{};
  if (stat(folder.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) return {};
    errno = ENOTDIR;
    return file_error("use as a folder", folder);
  }
  if (folder.has_parent_path() && folder.parent_path() != folder) {
    TRY(make_folders(folder.parent_path()));
  }
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return file_error("make", folder);
  return sync_folder(folder.parent_path());
}

Result<void> sync_folder(const fs::path& folder) {
  File file(folder.empty() ? fs::path(".") : folder, O_RDONLY | O_DIRECTORY);
  if (!file || fsync(file.get()) != 0) return file_error("sync", folder);
  return {};
}

Result<bool> move_if_free(const fs::path& from, const fs::path& to) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) != 0) {
    if (errno == EEXIST) return false;
    return file_error("make", to);
  }
  return true;
}

Result<void> exchange(const fs::path& a, const fs::path& b) {
  if (renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) != 0) {
    return file_error("exchange", b);
  }
  return {};
}

Result<void> remove_durably(const fs::path& file) {
  if (unlink(file.c_str()) != 0) {
    if (errno == ENOENT) return {};
    return file_error("remove", file);
  }
  return sync_folder(file.parent_path());
}

}  // namespace esclusa::agent
