#include "bin/data_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/keyring.h"
#include "base/text.h"

namespace esclusa {
namespace {

namespace fs = std::filesystem;

constexpr const char* lock_name = "lock";
constexpr const char* identity_name = "identity";
constexpr const char* key_name = "secret.key";
constexpr const char* last_change_name = "last-change";
constexpr std::string_view identity_head = "Esclusa data folder: keep it together, as one copy";

std::unexpected<Error> refuse(const std::string& message) {
  return fail(ErrorCode::unavailable, message, "data_folder");
}

std::unexpected<Error> cannot(const std::string& what, const fs::path& path) {
  return refuse("cannot " + what + " " + path.string() + ": " + std::strerror(errno));
}

/// Up to `limit` bytes of a file; empty if there is no such file.
Result<std::string> read_file(const fs::path& path, size_t limit) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file && errno == ENOENT) return std::string();
  std::string bytes(limit, '\0');
  const ssize_t count = file ? ::read(file.get(), bytes.data(), bytes.size()) : -1;
  if (count < 0) return cannot("read", path);
  bytes.resize(static_cast<size_t>(count));
  return bytes;
}

/// Creates or replaces a file atomically: after a crash it has either the old or the new content.
Result<void> write_durably(const fs::path& path, std::string_view content) {
  const fs::path draft = path.string() + ".new";
  {
    Descriptor file(
        ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file ||
        ::write(file.get(), content.data(), content.size()) !=
            static_cast<ssize_t>(content.size()) ||
        fsync(file.get()) != 0) {
      return cannot("write", draft);
    }
  }
  Descriptor folder(::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (rename(draft.c_str(), path.c_str()) != 0 || fsync(folder.get()) != 0) {
    return cannot("write", path);
  }
  return {};
}

/// Whether a folder is empty, except for what a new file system has.
bool is_unused(const fs::path& path) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path, error)) {
    if (entry.path().filename() != "lost+found") return false;
  }
  return !error && fs::is_directory(fs::symlink_status(path, error));
}

/// Whether the folder has only what a mount point has, or what a first start leaves that was killed
/// immediately.
Result<bool> holds_nothing(const fs::path& path) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path, error)) {
    const std::string name = entry.path().filename();
    const bool is_folder = name == "repositories" || name == "run";
    if (is_folder ? !is_unused(entry.path())
                  : name != lock_name && name != "identity.new" && name != "secret.key.new" &&
                        name != "lost+found") {
      return false;
    }
  }
  if (error) return refuse("cannot read " + path.string() + ": " + error.message());
  return true;
}

/// Whether it is a regular file that is not empty.
bool has_bytes(const fs::path& path) {
  struct stat about{};
  return lstat(path.c_str(), &about) == 0 && S_ISREG(about.st_mode) && about.st_size > 0;
}

Result<struct statx> look_at(const fs::path& path) {
  struct statx about{};
  const unsigned wanted = STATX_INO | STATX_BTIME | STATX_SIZE | STATX_CTIME;
  if (statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, wanted, &about) != 0) {
    return cannot("look at", path);
  }
  return about;
}

/// Whether the group or others may read the file. With an access control list, as of systemd's
/// credentials, the bits of the group are the list's mask, and say nothing of the group.
bool is_open_to_others(const Descriptor& file) {
  struct stat about{};
  if (fstat(file.get(), &about) != 0) return false;
  const bool has_list = fgetxattr(file.get(), "system.posix_acl_access", nullptr, 0) > 0;
  return (about.st_mode & (has_list ? S_IROTH : S_IRGRP | S_IROTH)) != 0;
}

Result<void> make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return refuse("cannot make the folder " + path.string() + ": " + error.message());
  return {};
}

}  // namespace

Result<DataFolder> DataFolder::open(const fs::path& given, const fs::path& key_file) {
  std::error_code error;
  DataFolder folder(fs::absolute(given, error), key_file);
  if (error) return refuse("cannot use the data folder " + given.string());
  TRY(folder.read_external_keys());
  TRY(folder.take_lock(false));
  TRY(folder.look());
  return folder;
}

Result<void> DataFolder::take_lock(bool make_file) {
  if (lock_) return {};
  const fs::path path = file(lock_name);
  const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | (make_file ? O_CREAT : 0);
  Descriptor lock(::open(path.c_str(), flags, 0600));
  if (!lock && !make_file && (errno == ENOENT || errno == ENOTDIR || errno == EACCES)) return {};
  if (!lock) return cannot("open", path);
  if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return refuse("another server already uses the data folder " + path_.string() +
                  "; stop it, or choose another --data");
  }
  lock_ = std::move(lock);
  return {};
}

Result<void> DataFolder::look() {
  struct stat about{};
  if (stat(path_.c_str(), &about) != 0) {
    if (errno == ENOENT) return {};
    return cannot("use the data folder", path_);
  }
  const std::string not_ours = "the data folder " + path_.string() + " is not Esclusa's: ";
  const std::string advice = "; it stays as it is, choose another --data";
  if (!S_ISDIR(about.st_mode)) return refuse(not_ours + "it is no folder" + advice);
  // Root may serve another user's folder, as in a container, if it is a complete data folder.
  const bool is_whole = (has_external_key() || has_bytes(file(key_name))) && has_bytes(database());
  if (about.st_uid != geteuid() && !is_whole) {
    return refuse(not_ours + "it belongs to another user than the server" + advice);
  }
  if ((about.st_mode & S_ISVTX) != 0) {
    return refuse(not_ours + "its sticky bit says that several users share it" + advice);
  }
  if (TRY(holds_nothing(path_))) return {};
  const bool is_ours = fs::exists(fs::symlink_status(file(identity_name))) ||
                       has_bytes(file(key_name)) || has_bytes(database()) ||
                       has_bytes(path_ / "esclusa.db-wal");
  if (!is_ours) {
    return refuse(not_ours + "there is something in it, but no file `identity`" + advice);
  }
  return look_for_parts();
}

Result<void> DataFolder::look_for_parts() {
  TRY(read_identity());
  TRY(read_keys());
  has_database_ = has_bytes(database());
  const std::string folder = "the data folder " + path_.string();
  if (!has_database_) {
    const bool has_begun = is_first_start() || is_first_start_of_earlier();
    if (has_begun && !has_bytes(path_ / "esclusa.db-wal")) return {};
    return refuse(folder +
                  " has no esclusa.db, or an empty one, but files that belong to it. Restore "
                  "esclusa.db, esclusa.db-wal and secret.key from one backup. Without them "
                  "everything that was recorded is lost: to begin anew, choose an empty --data");
  }
  if (keys_.empty()) {
    return refuse(folder +
                  " has a database, but no secret.key. Restore secret.key from the backup of this "
                  "folder, or name the file that has the key in the setting secret_key_file. "
                  "Without it the secrets of all webhooks and environments are lost, and nothing "
                  "else: docs/data-folder.md says how to go on then");
  }
  return {};
}

bool DataFolder::is_first_start_of_earlier() const {
  return identity_.identity.empty() && !has_external_key() && !keys_.empty() &&
         is_unused(repositories()) && is_unused(path_ / "run");
}

Result<void> DataFolder::read_keys() {
  if (!fs::exists(fs::symlink_status(file(key_name)))) return {};
  std::error_code error;
  if (has_external_key() && fs::equivalent(external_key_file_, file(key_name), error)) {
    return refuse("the setting secret_key_file names " + file(key_name).string() +
                  ", where the server keeps its own key: remove the setting");
  }
  std::string bytes = TRY(read_file(file(key_name), keyring_file_bytes));
  auto keys = parse_keyring(bytes);
  wipe(bytes);
  if (!keys) {
    return refuse(file(key_name).string() +
                  " is damaged: it should be 32 bytes long, or have lines such as `k2 BASE64`. "
                  "Restore it from the backup of this folder");
  }
  (has_external_key() ? second_keys_ : keys_) = *std::move(keys);
  return {};
}

Result<void> DataFolder::read_external_keys() {
  if (!has_external_key()) return {};
  const std::string name = external_key_file_.string();
  // Symbolic links are followed: systemd and orchestrators hand credentials over by them.
  Descriptor file(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
  std::string bytes(keyring_file_bytes, '\0');
  const ssize_t count = file ? ::read(file.get(), bytes.data(), bytes.size()) : -1;
  if (count < 0) return cannot("read the key of the setting secret_key_file,", name);
  bytes.resize(static_cast<size_t>(count));
  auto keys = parse_keyring(bytes);
  wipe(bytes);
  if (!keys) {
    const bool has_data = has_bytes(database()) || has_bytes(this->file(identity_name)) ||
                          has_bytes(this->file(key_name));
    return refuse("the setting secret_key_file names " + name +
                  ", which has no key: it should be 32 bytes long, or have lines such as "
                  "`k2 BASE64`. " +
                  (has_data ? "Restore this file from its backup: the data folder needs the key "
                              "that it had"
                            : "To make one: umask 077; head -c 32 /dev/urandom > " + name));
  }
  keys_ = *std::move(keys);
  is_key_open_to_others_ = is_open_to_others(file);
  return {};
}

fs::path DataFolder::key_file() const {
  return has_external_key() ? external_key_file_ : file(key_name);
}

fs::path DataFolder::own_key_file() const { return file(key_name); }

Result<void> DataFolder::write_keys(const std::vector<SealingKey>& keys) {
  if (!has_external_key()) TRY(write_durably(file(key_name), format_keyring(keys).reveal()));
  keys_ = keys;
  return {};
}

// Three lines: the heading, the identity of the database, the file that holds the database.
Result<void> DataFolder::read_identity() {
  const std::string text = TRY(read_file(file(identity_name), 1024));
  if (text.empty() && !fs::exists(fs::symlink_status(file(identity_name)))) return {};
  const auto lines = split(text, '\n');
  if (lines.size() != 4 || lines[0] != identity_head || lines[1].empty() || !lines[3].empty()) {
    return refuse(file(identity_name).string() +
                  " is damaged. Restore it from the backup of this folder, or remove it: it is "
                  "made anew if esclusa.db and secret.key belong together");
  }
  identity_ = {std::string(lines[1]), std::string(lines[2])};
  return {};
}

Result<void> DataFolder::make() {
  TRY(make_folder(path_));
  if (!lock_) {
    TRY(take_lock(true));
    DataFolder now(path_, external_key_file_);
    TRY(now.look());
    if (now.has_database_ != has_database_ || now.identity_ != identity_) {
      return refuse("another server began to use the data folder " + path_.string());
    }
  }
  if (chmod(path_.c_str(), 0700) != 0) return cannot("close to others", path_);
  // Write the identity first: if this start is killed below, the next one sees an unfinished first
  // start.
  if (!has_database_ && identity_.identity.empty()) TRY(write_identity({random_uuid(), ""}));
  TRY(make_folder(path_ / "run"));
  TRY(make_folder(repositories()));
  if (keys_.empty()) return write_keys({{1, Secret(random_bytes(SealingKey::bytes))}});
  // What a start left that was killed while it wrote the file, which is whole: nothing uses the
  // draft's key before it has the file's name.
  if (!has_external_key()) unlink(file("secret.key.new").c_str());
  return {};
}

Result<void> DataFolder::write_identity(IdentityFile identity) {
  if (identity == identity_) return {};
  TRY(write_durably(file(identity_name), std::string(identity_head) + "\n" + identity.identity +
                                             "\n" + identity.database_file + "\n"));
  identity_ = std::move(identity);
  return {};
}

Result<std::string> DataFolder::database_file() const {
  const auto about = TRY(look_at(database()));
  // A fresh file system reuses the same inode numbers; the time of birth, where available, differs.
  std::string text = "inode " + std::to_string(about.stx_ino);
  if ((about.stx_mask & STATX_BTIME) != 0) {
    text += " born " + std::to_string(about.stx_btime.tv_sec) + "." +
            std::to_string(about.stx_btime.tv_nsec);
  }
  return text;
}

// Uses the change time of the inode (ctime): unlike the modification time, nobody can set it.
Result<std::string> DataFolder::database_change() const {
  const auto about = TRY(look_at(database()));
  return "size " + std::to_string(about.stx_size) + " changed " +
         std::to_string(about.stx_ctime.tv_sec) + "." + std::to_string(about.stx_ctime.tv_nsec) +
         "\n";
}

void DataFolder::note_last_change() noexcept {
  try {
    const auto change = database_change();
    if (!change || *change == last_change_) return;
    last_change_.clear();
    const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;
    Descriptor file(::open(this->file(last_change_name).c_str(), flags, 0600));
    if (!file || ::write(file.get(), change->data(), change->size()) !=
                     static_cast<ssize_t>(change->size())) {
      return;  // The next commit tries again. Without the file, the next start checks the database.
    }
    last_change_ = *change;
  } catch (const std::exception&) {
    // Out of memory: the same.
  }
}

Result<bool> DataFolder::is_as_last_changed() const {
  return TRY(read_file(file(last_change_name), 1024)) == TRY(database_change());
}

}  // namespace esclusa
