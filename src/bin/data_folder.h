#pragma once
#include <filesystem>
#include <string>

#include "base/crypto.h"
#include "base/descriptor.h"
#include "base/error.h"

namespace esclusa {

/// What the file `identity` says. See docs/decisions/0018.
struct IdentityFile {
  std::string identity;       ///< that of the database, a UUID
  std::string database_file;  ///< which file esclusa.db is; empty: the first start did not end
  bool operator==(const IdentityFile&) const = default;
};

/// The server's folder, held under a lock so that no second server opens it.
///
///   lock            flock: one server
///   identity        which database and key belong together, and which file the database is
///   last-change     when the server changed the database's file, so that nobody else did so later
///   secret.key      0600, 32 bytes: seals webhook secrets at rest
///   esclusa.db      the database, with its -wal and -shm
///   repositories/   what `esclusa repo create` makes
///   run/admin.sock  0600: the administrator's door
///   run/keys.sock   0600: OpenSSH's helpers ask it about deploy keys
class DataFolder {
 public:
  /// Looks at the folder, and changes nothing. `unavailable`, with what can be done, if another
  /// server holds it, if it is not ours, or if a part of it is missing.
  static Result<DataFolder> open(const std::filesystem::path& path);

  /// Makes what is missing, and closes the folder to others (0700). The database comes first: see
  /// bin/data_identity.h.
  Result<void> make();

  /// What the file says: empty strings where there is none.
  const IdentityFile& identity() const { return identity_; }
  Result<void> write_identity(IdentityFile identity);
  /// Which file esclusa.db is. Another one after a copy; the same after a change of its content.
  Result<std::string> database_file() const;
  /// The file `last-change` tells a change of esclusa.db by the server from one by somebody else.
  /// The note is not durable: after a loss of power it may be an older one.
  void note_last_change() noexcept;
  Result<bool> is_as_last_changed() const;
  /// There is no data yet: no start has come to its end.
  bool is_first_start() const {
    return !identity_.identity.empty() && identity_.database_file.empty();
  }
  bool has_database() const { return has_database_; }
  /// The key of `make`, or of the file.
  const Secret& secret_key() const { return key_; }

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path database() const { return path_ / "esclusa.db"; }
  std::filesystem::path repositories() const { return path_ / "repositories"; }
  std::filesystem::path admin_socket() const { return path_ / "run" / "admin.sock"; }
  std::filesystem::path ssh_socket() const { return path_ / "run" / "keys.sock"; }

 private:
  explicit DataFolder(std::filesystem::path path) : path_(std::move(path)) {}
  /// Takes the lock, if there is a file for it or `make_file`.
  Result<void> take_lock(bool make_file);
  Result<void> look();
  Result<void> look_for_parts();
  /// A version that made no `identity` was killed after it made the key, before the database.
  bool is_first_start_of_earlier() const;
  Result<void> read_key();
  Result<void> read_identity();
  Result<std::string> database_change() const;
  std::filesystem::path file(const char* name) const { return path_ / name; }

  std::filesystem::path path_;
  Descriptor lock_;  ///< holds the lock
  Secret key_;
  IdentityFile identity_;
  std::string last_change_;  ///< what the file has; of the thread that writes the database
  bool has_database_ = false;
};

}  // namespace esclusa
