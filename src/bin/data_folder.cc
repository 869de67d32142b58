#include "bin/data_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace esclusa {
namespace {

std::unexpected<Error> cannot(const std::string& what, const std::filesystem::path& path) {
  return fail(ErrorCode::unavailable,
              "cannot " + what + " " + path.string() + ": " + std::strerror(errno));
}

/// A descriptor that closes itself.
struct File {
  int descriptor;
  ~File() {
    if (descriptor >= 0) close(descriptor);
  }
};

/// Writes a new file completely, and makes it durable, before it gets its name.
Result<void> write_new_file(const std::filesystem::path& path, std::string_view content) {
  const std::filesystem::path draft = path.string() + ".new";
  {
    File file{::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (file.descriptor < 0 ||
        write(file.descriptor, content.data(), content.size()) !=
            static_cast<ssize_t>(content.size()) ||
        fsync(file.descriptor) != 0) {
      return cannot("write", draft);
    }
  }
  File folder{::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (rename(draft.c_str(), path.c_str()) != 0 || fsync(folder.descriptor) != 0) {
    return cannot("write", path);
  }
  return {};
}

}  // namespace

Result<DataFolder> DataFolder::open(const std::filesystem::path& given) {
  std::error_code error;
  const auto path = std::filesystem::absolute(given, error);
  if (error) return fail(ErrorCode::unavailable, "cannot use the data folder " + given.string());
  std::filesystem::create_directories(path / "run", error);
  std::filesystem::create_directories(path / "repositories", error);
  if (error) {
    return fail(ErrorCode::unavailable,
                "cannot make the data folder " + path.string() + ": " + error.message());
  }
  if (chmod(path.c_str(), 0700) != 0) return cannot("own", path);
  const auto lock_path = path / "lock";
  int lock = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock < 0) return cannot("open", lock_path);
  if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
    close(lock);
    return fail(ErrorCode::unavailable, "another server already uses the data folder " +
                                            path.string() + "; stop it, or choose another --data");
  }
  return DataFolder(path, lock);
}

DataFolder::DataFolder(DataFolder&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

DataFolder::~DataFolder() {
  if (lock_ >= 0) close(lock_);
}

Result<Secret> DataFolder::secret_key() const {
  const auto path = path_ / "secret.key";
  File file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
  if (file.descriptor < 0 && errno == ENOENT) {
    Secret key(random_bytes(Sealer::key_bytes));
    TRY(write_new_file(path, key.reveal()));
    return key;
  }
  if (file.descriptor < 0) return cannot("read", path);
  std::string bytes(Sealer::key_bytes + 1, '\0');
  ssize_t count = read(file.descriptor, bytes.data(), bytes.size());
  if (count != static_cast<ssize_t>(Sealer::key_bytes)) {
    return fail(ErrorCode::unavailable, path.string() + " is damaged: it should be " +
                                            std::to_string(Sealer::key_bytes) + " bytes long");
  }
  bytes.resize(Sealer::key_bytes);
  return Secret(std::move(bytes));
}

}  // namespace esclusa
