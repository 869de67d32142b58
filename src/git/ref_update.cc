#include "git/ref_update.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <optional>
#include <set>
#include <system_error>
#include <thread>

#include "base/text.h"
#include "core/ref.h"
#include "git/new_files.h"
#include "git/ref_files.h"

namespace esclusa::git {
namespace {

using namespace std::chrono_literals;

constexpr auto lock_wait = 100ms;  ///< git's core.filesRefLockTimeout
constexpr auto lock_pause = 5ms;
constexpr int keep_attempts = 20;       ///< then the lock counts as left behind
constexpr int attempts_after_lock = 5;  ///< to remove what was in the way
constexpr auto keep_pause = 10ms;
constexpr size_t empty_folders = 1000;  ///< git leaves them where refs were
constexpr int empty_depth = 32;

/// Removes a folder that contains only empty folders.
void remove_empty(const Folder& parent, const std::string& name, int depth = 0) {
  const auto folder = parent.folder(name);
  if (!folder || !*folder || depth == empty_depth) return;
  const auto entries = (*folder)->list(empty_folders);
  if (!entries) return;
  for (const auto& entry : *entries) remove_empty(**folder, entry.name, depth + 1);
  unlinkat(parent.descriptor(), name.c_str(), AT_REMOVEDIR);
}

/// Holds a ref's lock; removes the lock file if the ref was not written.
class RefLock {
 public:
  /// Nothing if another process holds the lock for the whole time.
  static Result<std::optional<RefLock>> take(const NewFiles& files, const std::string& name) {
    const size_t slash = name.rfind('/');
    const std::string parent = name.substr(0, slash), leaf = name.substr(slash + 1);
    for (auto waited = 0ms;; waited += lock_pause) {
      // Opened each time again, since git removes empty folders.
      Folder folder = TRY(files.folder(parent));
      Descriptor file = TRY(files.create(folder, leaf + ".lock", NewFiles::Kind::ref));
      if (file) return RefLock(std::move(folder), std::move(file), leaf);
      if (waited >= lock_wait) return std::nullopt;
      std::this_thread::sleep_for(lock_pause);
    }
  }
  RefLock(RefLock&&) = default;
  ~RefLock() {
    if (file_) unlinkat(folder_.descriptor(), lock().c_str(), 0);
  }

  Result<void> write(const std::string& sha) {
    return write_durably(file_.get(), sha + "\n", folder_.path_of(lock()));
  }
  /// Removes the ref instead of writing it; the caller syncs the folder.
  void remove() { unlinkat(folder_.descriptor(), leaf_.c_str(), 0); }
  /// Renames the lock file to the ref.
  Result<void> commit() {
    if (!rename() && (errno == EISDIR || errno == ENOTEMPTY || errno == EEXIST)) {
      remove_empty(folder_, leaf_);
      if (!rename()) return cannot_write(folder_.path_of(leaf_), errno);
    } else if (!is_renamed_) {
      return cannot_write(folder_.path_of(leaf_), errno);
    }
    file_.close();
    return sync(folder_);
  }

 private:
  RefLock(Folder folder, Descriptor file, std::string leaf)
      : folder_(std::move(folder)), file_(std::move(file)), leaf_(std::move(leaf)) {}
  std::string lock() const { return leaf_ + ".lock"; }
  bool rename() {
    const int descriptor = folder_.descriptor();
    is_renamed_ = renameat(descriptor, lock().c_str(), descriptor, leaf_.c_str()) == 0;
    return is_renamed_;
  }

  Folder folder_;
  Descriptor file_;
  std::string leaf_;
  bool is_renamed_ = false;
};

/// Appends only to an existing reflog: the repository's own git decides whether there is one.
Result<void> append_to_log(const Folder& repository, const std::string& name,
                           const std::string& line) {
  const auto log = repository.file("logs/" + name, O_WRONLY | O_APPEND);
  if (!log || !*log) return {};
  return write_durably(log->get(), line, "logs/" + name);
}

/// Links the open lock file to the ref's name. False if the name is taken, or if another process
/// took this one for dead and removed the lock.
bool link_as(int file, const Folder& folder, const std::string& leaf) {
  const std::string path = "/proc/self/fd/" + std::to_string(file);
  return linkat(AT_FDCWD, path.c_str(), folder.descriptor(), leaf.c_str(), AT_SYMLINK_FOLLOW) == 0;
}

/// Whether the keep-ref's name is taken by something else: a file with other content, or no regular
/// file. An error if this cannot be checked now.
Result<bool> is_wrong(const Folder& folder, const std::string& sha) {
  const auto file = folder.file(sha, O_RDONLY);
  if (!file && file.error().reason_code == "repository_unsafe") return true;
  if (!file) return std::unexpected(file.error());
  if (!*file) return false;  // it was removed, or is a folder
  std::string content(sha.size() + 1, '\0');
  const ssize_t count = pread(file->get(), content.data(), content.size(), 0);
  if (count < 0) {
    return cannot_read("reading " + folder.path_of(sha), std::generic_category().message(errno));
  }
  content.resize(static_cast<size_t>(count));
  return content != sha && content != sha + "\n";
}

/// Makes the keep-ref from the lock file. False if something was in the way; it is removed if it
/// certainly is not the ref.
Result<bool> make_under_lock(const Folder& folder, int file, const std::string& sha) {
  TRY(write_durably(file, sha + "\n", folder.path_of(sha)));
  // Linked by descriptor: this is the right file, whatever has the lock's name now.
  if (link_as(file, folder, sha)) return true;
  if (errno != EEXIST && errno != ENOENT) return cannot_write(folder.path_of(sha), errno);
  remove_empty(folder, sha);
  if (TRY(is_wrong(folder, sha))) unlinkat(folder.descriptor(), sha.c_str(), 0);
  return false;
}

/// For an existing keep-ref. If its lock also exists, the process that made the ref may not have
/// synced the folder yet, or was killed: sync, and remove the lock.
Result<void> finish_maker(const Folder& folder, const std::string& lock) {
  struct stat status{};
  if (fstatat(folder.descriptor(), lock.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return {};
  TRY(sync(folder));
  unlinkat(folder.descriptor(), lock.c_str(), 0);
  return {};
}

}  // namespace

Result<RefMove> move_ref(const Folder& repository, const std::string& name, const std::string& from,
                         const std::string& to, const std::string& log_entry) {
  // Checked before taking the lock, which would create folders for a ref that does not exist.
  const auto before = TRY(read_ref(repository, name));
  if (!before || before->sha != from) return RefMove::changed;
  const NewFiles files = TRY(NewFiles::in(repository));
  auto lock = TRY(RefLock::take(files, name));
  if (!lock) return RefMove::locked;
  const auto value = TRY(read_ref(repository, name));
  if (!value || value->sha != from) return RefMove::changed;
  TRY(lock->write(to));
  TRY(append_to_log(repository, name, from + " " + to + " " + log_entry + "\n"));
  TRY(lock->commit());
  return RefMove::moved;
}

namespace {

constexpr const char* packed_name = "packed-refs";
constexpr size_t packed_bytes = size_t{64} << 20;  ///< a longer one is left as it is

std::unexpected<Error> locked(const std::string& name) { return cannot_write(name, EEXIST); }

/// The packed refs without these; nothing if none of them is there. A line `^SHA` belongs to the
/// line before it.
std::optional<std::string> without(std::string_view packed, const std::set<std::string>& names) {
  std::string rest;
  bool is_left_out = false, is_any_left_out = false;
  while (!packed.empty()) {
    const std::string_view line =
        packed.substr(0, std::min(packed.find('\n'), packed.size() - 1) + 1);
    packed.remove_prefix(line.size());
    if (!line.starts_with('^')) {
      const size_t space = line.find(' ');
      is_left_out = !line.starts_with('#') && space != line.npos &&
                    names.contains(std::string(trim(line.substr(space + 1))));
      is_any_left_out |= is_left_out;
    }
    if (!is_left_out) rest += line;
  }
  if (!is_any_left_out) return std::nullopt;
  return rest;
}

/// Writes the packed refs without these, under git's lock for that file.
Result<void> remove_packed(const Folder& repository, const std::set<std::string>& names) {
  const auto before = TRY(repository.read(packed_name, packed_bytes));
  if (!before || !without(*before, names)) return {};
  const NewFiles files = TRY(NewFiles::in(repository));
  const std::string lock = std::string(packed_name) + ".lock";
  const Descriptor file = TRY(files.create(repository, lock, NewFiles::Kind::ref));
  if (!file) return locked(packed_name);
  const auto write = [&]() -> Result<void> {
    const auto packed = TRY(repository.read(packed_name, packed_bytes));
    const auto rest = packed ? without(*packed, names) : std::nullopt;
    if (!rest) {
      unlinkat(repository.descriptor(), lock.c_str(), 0);
      return {};
    }
    TRY(write_durably(file.get(), *rest, lock));
    const int folder = repository.descriptor();
    if (renameat(folder, lock.c_str(), folder, packed_name) != 0) {
      return cannot_write(packed_name, errno);
    }
    return sync(repository);
  };
  auto written = write();
  if (!written) unlinkat(repository.descriptor(), lock.c_str(), 0);
  return written;
}

}  // namespace

Result<void> remove_keep_refs(const Folder& repository, std::span<const std::string> shas) {
  const std::string any = core::keep_ref_name("");
  const std::string parent = any.substr(0, any.size() - 1);
  const auto folder = TRY(repository.folder(parent));
  std::set<std::string> names;
  bool is_any_removed = false;
  for (const std::string& sha : shas) {
    const std::string name = core::keep_ref_name(sha);
    names.insert(name);
    if (!folder || !TRY(folder->file(sha, O_RDONLY))) continue;
    const NewFiles files = TRY(NewFiles::in(repository));
    auto lock = TRY(RefLock::take(files, name));
    if (!lock) return locked(name);
    lock->remove();
    is_any_removed = true;
  }
  if (is_any_removed) TRY(sync(*folder));
  return remove_packed(repository, names);
}

Result<void> make_keep_ref(const Folder& repository, const std::string& sha) {
  const std::string name = core::keep_ref_name(sha), lock = sha + ".lock";
  const std::string parent = name.substr(0, name.rfind('/'));
  for (int attempt = 1; attempt <= keep_attempts + attempts_after_lock; ++attempt) {
    const auto value = read_ref(repository, name);
    if (value && *value && (*value)->sha == sha) {
      const auto folder = TRY(repository.folder(parent));
      return folder ? finish_maker(*folder, lock) : Result<void>();
    }
    const NewFiles files = TRY(NewFiles::in(repository));
    const Folder folder = TRY(files.folder(parent));
    const Descriptor file = TRY(files.create(folder, lock, NewFiles::Kind::ref));
    if (!file) {
      // Another thread or process of Esclusa makes the ref, or git packs refs, or such a process
      // was killed. If it is still alive, it finds its lock removed and the ref made.
      if (attempt == keep_attempts) unlinkat(folder.descriptor(), lock.c_str(), 0);
      std::this_thread::sleep_for(keep_pause);
      continue;
    }
    auto is_made = make_under_lock(folder, file.get(), sha);
    // Sync before removing the lock: a keep-ref without a lock is on the disk.
    auto synced = is_made && *is_made ? sync(folder) : Result<void>();
    unlinkat(folder.descriptor(), lock.c_str(), 0);
    if (TRY(std::move(is_made))) return synced;
  }
  return cannot_write(name, EEXIST);
}

}  // namespace esclusa::git
