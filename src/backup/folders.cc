#include "backup/folders.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

namespace esclusa::backup {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> cannot(const std::string& what, const fs::path& path) {
  return fail(ErrorCode::unavailable,
              "cannot " + what + " " + path.string() + ": " + std::strerror(errno));
}

/// Gives what is in the open folder to the user, and not the folder itself. No path is followed:
/// each name is looked up in a folder that is open, and no link in it leads anywhere.
Result<void> give_content(const Descriptor& folder, const fs::path& path, uid_t user, gid_t group) {
  std::vector<std::string> names;
  {
    const Descriptor listed(::openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const std::unique_ptr<DIR, int (*)(DIR*)> list(fdopendir(dup(listed.get())), closedir);
    if (!list) return cannot("give away", path);
    errno = 0;
    while (const dirent* entry = readdir(list.get())) {
      const std::string name = entry->d_name;
      if (name != "." && name != "..") names.push_back(name);
    }
    if (errno != 0) return cannot("give away", path);
  }
  for (const std::string& name : names) {
    struct stat about{};
    if (fstatat(folder.get(), name.c_str(), &about, AT_SYMLINK_NOFOLLOW) != 0) {
      return cannot("give away", path / name);
    }
    if (S_ISDIR(about.st_mode)) {
      const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
      const Descriptor inner(::openat(folder.get(), name.c_str(), flags));
      if (!inner) return cannot("give away", path / name);
      TRY(give_content(inner, path / name, user, group));
      if (fchown(inner.get(), user, group) != 0) {
        return cannot("give away", path / name);
      }
    } else if (fchownat(folder.get(), name.c_str(), user, group, AT_SYMLINK_NOFOLLOW) != 0) {
      return cannot("give away", path / name);
    }
  }
  return {};
}

}  // namespace

Result<void> WorkFolder::empty() const {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path_, error)) {
    if (entry.path().filename() == mark_) continue;
    fs::remove_all(entry.path(), error);
    if (error) break;
  }
  if (!error) return {};
  return fail(ErrorCode::unavailable, "cannot empty " + path_.string() + ": " + error.message());
}

void WorkFolder::remove() const {
  std::error_code ignored;
  if (!empty()) return;
  if (!mark_.empty()) fs::remove(path_ / mark_, ignored);
  fs::remove_all(path_, ignored);
}

Result<Descriptor> take_work_folder(const fs::path& folder) {
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return cannot("make", folder);
  Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  struct stat about{};
  if (!opened || fstat(opened.get(), &about) != 0) return cannot("use", folder);
  if (about.st_uid != geteuid()) {
    return fail(ErrorCode::unavailable, folder.string() + " belongs to another user: remove it");
  }
  if (flock(opened.get(), LOCK_EX | LOCK_NB) != 0) {
    return fail(ErrorCode::unavailable, "another restore works in " + folder.string(),
                "folder_in_use");
  }
  std::error_code error;
  const bool is_marked =
      fs::symlink_status(folder / mark_name, error).type() == fs::file_type::regular;
  error.clear();
  if (!is_marked && (!fs::is_empty(folder, error) || error)) {
    return fail(ErrorCode::invalid,
                folder.string() +
                    " has files that no restore made, and stays as it is: the restore "
                    "works there, so move it away",
                "folder_in_use");
  }
  const Descriptor mark(
      ::openat(opened.get(), mark_name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!mark || fchmod(opened.get(), 0700) != 0) return cannot("use", folder);
  return opened;
}

TemporaryFolder::TemporaryFolder() : wake_(eventfd(0, EFD_CLOEXEC)) {
  sigset_t asked;
  sigemptyset(&asked);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction action{};
    // What the caller ignores, as under nohup, stays ignored.
    if (sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_DFL) {
      sigaddset(&asked, signal);
    }
  }
  pthread_sigmask(SIG_BLOCK, &asked, &former_);
  signals_ = Descriptor(signalfd(-1, &asked, SFD_CLOEXEC));
  std::error_code error;
  std::string pattern = fs::temp_directory_path(error) / "esclusa-verify-XXXXXX";
  if (error || mkdtemp(pattern.data()) == nullptr) return;
  folder_.emplace(pattern);
  thread_ = std::thread([this] { wait(); });
}

TemporaryFolder::~TemporaryFolder() {
  if (thread_.joinable()) {
    eventfd_write(wake_.get(), 1);
    thread_.join();
  }
  folder_.reset();
  pthread_sigmask(SIG_SETMASK, &former_, nullptr);
}

Result<void> TemporaryFolder::during_git(
    const std::function<Result<void>(const std::atomic<bool>*)>& work) {
  const std::lock_guard lock(running_);
  return work(&is_asked_);
}

void TemporaryFolder::wait() {
  std::array<pollfd, 2> files{{{.fd = wake_.get(), .events = POLLIN, .revents = 0},
                               {.fd = signals_.get(), .events = POLLIN, .revents = 0}}};
  while (poll(files.data(), files.size(), -1) < 0 && errno == EINTR) {
  }
  if (files[1].revents == 0) return;
  signalfd_siginfo info{};
  if (::read(signals_.get(), &info, sizeof info) != sizeof info) return;
  is_asked_ = true;
  const std::lock_guard lock(running_);
  // The other thread may be making a file at this moment.
  std::error_code ignored;
  for (int tries = 0; tries < 1000 && fs::exists(path(), ignored); ++tries) folder_->remove();
  _exit(128 + static_cast<int>(info.ssi_signo));
}

Result<void> hand_over(const fs::path& folder, uid_t user, gid_t group) {
  const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (!opened) return cannot("give away", folder);
  if (geteuid() == 0) {
    TRY(give_content(opened, folder, user, group));
    if (fchown(opened.get(), user, group) != 0) return cannot("give away", folder);
  }
  if (syncfs(opened.get()) != 0) return cannot("sync", folder);
  return {};
}

}  // namespace esclusa::backup
