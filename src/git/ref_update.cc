#include "git/ref_update.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <optional>
#include <system_error>
#include <thread>

#include "core/ref.h"
#include "git/new_files.h"
#include "git/ref_files.h"

namespace esclusa::git {
namespace {

using namespace std::chrono_literals;

constexpr auto lock_wait = 100ms;  ///< git's core.filesRefLockTimeout
constexpr auto lock_pause = 5ms;
constexpr int keep_attempts = 20;       ///< then a lock is taken for one that was left
constexpr int attempts_after_lock = 5;  ///< to put away what it kept us from
constexpr auto keep_pause = 10ms;
constexpr size_t empty_folders = 1000;  ///< that git leaves where refs were
constexpr int empty_depth = 32;

/// Removes folders that hold nothing but such folders.
void remove_empty(const Folder& parent, const std::string& name, int depth = 0) {
  const auto folder = parent.folder(name);
  if (!folder || !*folder || depth == empty_depth) return;
  const auto entries = (*folder)->list(empty_folders);
  if (!entries) return;
  for (const auto& entry : *entries) remove_empty(**folder, entry.name, depth + 1);
  unlinkat(parent.descriptor(), name.c_str(), AT_REMOVEDIR);
}

/// Holds a ref's lock, and removes it unless the ref was written.
class RefLock {
 public:
  /// Nothing if somebody else holds it all the time.
  static Result<std::optional<RefLock>> take(const NewFiles& files, const std::string& name) {
    const size_t slash = name.rfind('/');
    const std::string parent = name.substr(0, slash), leaf = name.substr(slash + 1);
    for (auto waited = 0ms;; waited += lock_pause) {
      // Each time anew: git removes folders that have become empty.
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
  /// Makes what was written the ref.
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

/// Only to a log that is there: whether there is to be one is for the repository's own git.
Result<void> append_to_log(const Folder& repository, const std::string& name,
                           const std::string& line) {
  const auto log = repository.file("logs/" + name, O_WRONLY | O_APPEND);
  if (!log || !*log) return {};
  return write_durably(log->get(), line, "logs/" + name);
}

/// Makes a file, which has the lock's name until now, a ref. False if there is something already,
/// or if somebody has taken us for dead and removed the lock.
bool link_as(int file, const Folder& folder, const std::string& leaf) {
  const std::string path = "/proc/self/fd/" + std::to_string(file);
  return linkat(AT_FDCWD, path.c_str(), folder.descriptor(), leaf.c_str(), AT_SYMLINK_FOLLOW) == 0;
}

/// Whether something else has a keep-ref's name: a file that does not say its commit, or what is no
/// file. An error if that cannot be told now.
Result<bool> is_wrong(const Folder& folder, const std::string& sha) {
  const auto file = folder.file(sha, O_RDONLY);
  if (!file && file.error().reason_code == "repository_unsafe") return true;
  if (!file) return std::unexpected(file.error());
  if (!*file) return false;  // it has gone, or is a folder
  std::string content(sha.size() + 1, '\0');
  const ssize_t count = pread(file->get(), content.data(), content.size(), 0);
  if (count < 0) {
    return cannot_read("reading " + folder.path_of(sha), std::generic_category().message(errno));
  }
  content.resize(static_cast<size_t>(count));
  return content != sha && content != sha + "\n";
}

/// Makes the keep-ref of its lock's file. False if something was in the way: it is removed if it is
/// certainly not the ref.
Result<bool> make_under_lock(const Folder& folder, int file, const std::string& sha) {
  TRY(write_durably(file, sha + "\n", folder.path_of(sha)));
  // By descriptor: it is this file, whatever has the lock's name by now.
  if (link_as(file, folder, sha)) return true;
  if (errno != EEXIST && errno != ENOENT) return cannot_write(folder.path_of(sha), errno);
  remove_empty(folder, sha);
  if (TRY(is_wrong(folder, sha))) unlinkat(folder.descriptor(), sha.c_str(), 0);
  return false;
}

/// Of a keep-ref that is there: if its lock is there, too, whoever made it may not have synced the
/// folder yet, or was killed before.
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
  // Before a lock, whose folder would be made: a ref that is not there has none.
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
      // Another of us makes it, or git packs its refs; or one of us was killed at it. Should that
      // one be alive after all, it finds its lock gone, and the ref made.
      if (attempt == keep_attempts) unlinkat(folder.descriptor(), lock.c_str(), 0);
      std::this_thread::sleep_for(keep_pause);
      continue;
    }
    auto is_made = make_under_lock(folder, file.get(), sha);
    // While the lock is there: a ref without a lock is on the disk.
    auto synced = is_made && *is_made ? sync(folder) : Result<void>();
    unlinkat(folder.descriptor(), lock.c_str(), 0);
    if (TRY(std::move(is_made))) return synced;
  }
  return cannot_write(name, EEXIST);
}

}  // namespace esclusa::git
