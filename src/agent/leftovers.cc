#include "agent/leftovers.h"

#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "agent/files.h"
#include "base/ids.h"
#include "base/limits.h"

namespace esclusa::agent {
namespace {
namespace fs = std::filesystem;
using Steady = std::chrono::steady_clock;

/// A handle of a process (pidfd) that never refers to another process that gets the same id later.
class Process {
 public:
  explicit Process(pid_t pid) : fd_(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))) {}
  Process(Process&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Process& operator=(Process&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Process() {
    if (fd_ >= 0) close(fd_);
  }
  explicit operator bool() const { return fd_ >= 0; }
  void signal(int number) const { syscall(SYS_pidfd_send_signal, fd_, number, nullptr, 0); }
  bool has_ended(std::chrono::milliseconds wait) const {
    pollfd watched{fd_, POLLIN, 0};
    return poll(&watched, 1, static_cast<int>(wait.count())) > 0;
  }

 private:
  int fd_;
};

/// The content of /proc/PID/environ. The file is empty for a moment during an execve, so an empty
/// file is read again. It is always empty for zombies and kernel threads, which have no program,
/// and for programs that were started without an environment.
Result<std::string> environment_of(const fs::path& process) {
  using namespace std::chrono_literals;
  constexpr int tries = 100;  // an execve takes less than a millisecond
  for (int i = 1;; ++i) {
    auto environment = read_file(process / "environ");
    std::error_code error;
    const bool has_program = !fs::read_symlink(process / "exe", error).empty();
    if (!environment || !environment->empty() || !has_program || i == tries) return environment;
    std::this_thread::sleep_for(1ms);
  }
}

std::vector<Process> processes_with(const std::string& variable) {
  using namespace std::string_literals;
  std::vector<Process> found;
  std::error_code error;
  for (fs::directory_iterator it("/proc", error), end; !error && it != end; it.increment(error)) {
    auto pid = parse_positive(it->path().filename().string());
    if (!pid || *pid == getpid()) continue;
    // Opened before the environment is read, so that both belong to the same process.
    Process process(static_cast<pid_t>(*pid));
    struct stat info{};
    if (!process || stat(it->path().c_str(), &info) != 0 || info.st_uid != geteuid()) continue;
    auto environment = environment_of(it->path());
    if (!environment || !("\0"s + *environment).contains(variable)) continue;
    found.push_back(std::move(process));
  }
  return found;
}

}  // namespace

size_t end_leftovers(const fs::path& event_file, const std::atomic<bool>& hurry) {
  using namespace std::chrono_literals;
  using namespace std::string_literals;
  const std::string variable = "\0ESCLUSA_EVENT_FILE="s + event_file.string() + "\0"s;
  size_t count = 0;
  const auto deadline = Steady::now() + limits::run_kill_after;
  // The processes may start others in the meantime, so repeat until there are none.
  for (auto left = processes_with(variable); !left.empty(); left = processes_with(variable)) {
    const bool in_time = Steady::now() < deadline && !hurry;
    for (const auto& process : left) process.signal(in_time ? SIGTERM : SIGKILL);
    count = std::max(count, left.size());
    for (const auto& process : left) process.has_ended(100ms);
    if (Steady::now() > deadline + 5s) break;  // these processes hang in the kernel
  }
  return count;
}

}  // namespace esclusa::agent
