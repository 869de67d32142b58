#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "base/crypto.h"
#include "base/descriptor.h"
#include "base/error.h"

namespace esclusa {

/// The content of the file `identity`. See docs/decisions/0018.
struct IdentityFile {
  std::string identity;       ///< the UUID of the database
  std::string database_file;  ///< identifies esclusa.db; empty: the first start did not finish
  bool operator==(const IdentityFile&) const = default;
};

/// The server's data folder, locked so that no second server opens it.
///
///   lock            flock: one server at a time
///   identity        which database and key belong together, and which file is the database
///   last-change     the server's last change of the database file, to detect changes by others
///   secret.key      0600: the key that seals secrets at rest, and during a rotation two of them
///                   (base/keyring.h); absent where the key is kept elsewhere
///   esclusa.db      the database, with its -wal and -shm
///   repositories/   what `esclusa repo create` creates
///   run/admin.sock  0600: the socket for administration
///   run/keys.sock   0600: the socket for OpenSSH's helpers
class DataFolder {
 public:
  /// Examines the folder without a change. `unavailable`, with a remedy, if another server has
  /// locked it, if it is not a data folder of ours, or if a part of it is missing.
  /// With a `key_file` the keys are in that file, which the server only reads, and not in the
  /// folder.
  static Result<DataFolder> open(const std::filesystem::path& path,
                                 const std::filesystem::path& key_file = {});

  /// Creates what is missing, and restricts the folder to its user (0700). Check the database
  /// before: see bin/data_identity.h.
  Result<void> make();

  /// The content of the file; empty strings if there is no file.
  const IdentityFile& identity() const { return identity_; }
  Result<void> write_identity(IdentityFile identity);
  /// Identifies the file that is esclusa.db: a copy has another value, a changed content has the
  /// same.
  Result<std::string> database_file() const;
  /// Records a change of esclusa.db by the server in the file `last-change`, which tells it from
  /// changes by others. Not durable: after a power failure the file may have an older state.
  void note_last_change() noexcept;
  Result<bool> is_as_last_changed() const;
  /// True if there is no data yet: no start has finished.
  bool is_first_start() const {
    return !identity_.identity.empty() && identity_.database_file.empty();
  }
  bool has_database() const { return has_database_; }
  /// The keys that seal: the one that `make` created, or those that were in the file. Not empty
  /// after `make`.
  const std::vector<SealingKey>& keys() const { return keys_; }
  /// The keys of `secret.key` beside an external file, which is one file too many: see
  /// `check_database`. Otherwise empty.
  const std::vector<SealingKey>& second_keys() const { return second_keys_; }
  /// Keeps these keys from now on: in the file, unless it is external.
  Result<void> write_keys(const std::vector<SealingKey>& keys);
  bool has_external_key() const { return !external_key_file_.empty(); }
  /// Where the keys are.
  std::filesystem::path key_file() const;
  /// Where the folder has its keys unless they are external.
  std::filesystem::path own_key_file() const;
  /// Whether the group or others may read the external file of the keys.
  bool is_key_open_to_others() const { return is_key_open_to_others_; }

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path database() const { return path_ / "esclusa.db"; }
  std::filesystem::path repositories() const { return path_ / "repositories"; }
  std::filesystem::path admin_socket() const { return path_ / "run" / "admin.sock"; }
  std::filesystem::path ssh_socket() const { return path_ / "run" / "keys.sock"; }

 private:
  DataFolder(std::filesystem::path path, std::filesystem::path key_file)
      : path_(std::move(path)), external_key_file_(std::move(key_file)) {}
  /// Takes the lock, if its file exists or `make_file` is true.
  Result<void> take_lock(bool make_file);
  Result<void> look();
  Result<void> look_for_parts();
  /// True if an earlier version, which wrote no `identity`, was killed after it made the key and
  /// before it made the database.
  bool is_first_start_of_earlier() const;
  Result<void> read_keys();
  Result<void> read_external_keys();
  Result<void> read_identity();
  Result<std::string> database_change() const;
  std::filesystem::path file(const char* name) const { return path_ / name; }

  std::filesystem::path path_;
  Descriptor lock_;  ///< holds the lock
  std::filesystem::path external_key_file_;
  std::vector<SealingKey> keys_;
  std::vector<SealingKey> second_keys_;
  bool is_key_open_to_others_ = false;
  IdentityFile identity_;
  std::string last_change_;  ///< file content; only for the thread that writes the database
  bool has_database_ = false;
};

}  // namespace esclusa
