#pragma once
#include <filesystem>

#include "base/crypto.h"
#include "base/error.h"

namespace esclusa {

/// The server's folder, held under a lock so that no second server opens it.
///
///   lock            flock: one server
///   secret.key      0600, 32 bytes: seals webhook secrets at rest
///   esclusa.db      the database, with its -wal and -shm
///   repositories/   what `esclusa repo create` makes
///   run/admin.sock  0600: the administrator's door
///   run/keys.sock   0600: OpenSSH's helpers ask it about deploy keys
class DataFolder {
 public:
  /// Makes what is missing (0700). `unavailable` if another server holds it or it cannot be used.
  static Result<DataFolder> open(const std::filesystem::path& path);
  DataFolder(DataFolder&& other) noexcept;
  DataFolder& operator=(DataFolder&&) = delete;
  ~DataFolder();

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path database() const { return path_ / "esclusa.db"; }
  std::filesystem::path repositories() const { return path_ / "repositories"; }
  std::filesystem::path admin_socket() const { return path_ / "run" / "admin.sock"; }
  std::filesystem::path ssh_socket() const { return path_ / "run" / "keys.sock"; }
  /// Reads the key, or makes it at the first start.
  Result<Secret> secret_key() const;

 private:
  DataFolder(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::filesystem::path path_;
  int lock_;  ///< the descriptor that holds the lock
};

}  // namespace esclusa
