#include "base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <thread>
#include <utility>

#include "base/check.h"
#include "base/descriptor.h"
#include "base/text.h"

namespace esclusa {
namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds cancel_tick{50};  ///< a flag cannot wake poll()
constexpr milliseconds group_tick{5};    ///< the end of a group cannot wake poll()
constexpr milliseconds longest_limit = std::chrono::hours(24 * 365);

std::unexpected<Error> cannot_start(const ProcessSpec& spec, int error) {
  return fail(ErrorCode::unavailable,
              "Cannot run " + printable(spec.arguments[0]) + " in " + printable(spec.directory) +
                  ": " + std::generic_category().message(error) + ".",
              "process_not_started");
}

/// A duplicate of the descriptor, above the numbers 0 to 2 of the child's standard streams.
Descriptor above_standard_streams(int fd) {
  Descriptor given(fd);
  if (fd < 0 || fd > STDERR_FILENO) return given;
  return Descriptor(fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

struct Pipe {
  Descriptor read_end, write_end;
  /// False if there are no descriptors left; errno is set.
  bool open() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return false;
    read_end = above_standard_streams(ends[0]);
    write_end = above_standard_streams(ends[1]);
    return read_end && write_end;
  }
};

/// A memory file for the child's input instead of a pipe: nobody has to write to it while the
/// output is read, and a child that does not read its input causes no SIGPIPE.
Descriptor input_file(std::string_view input) {
  Descriptor file = above_standard_streams(memfd_create("input", MFD_CLOEXEC));
  while (file && !input.empty()) {
    ssize_t count = write(file.get(), input.data(), input.size());
    if (count > 0) input.remove_prefix(static_cast<size_t>(count));
    if (count < 0 && errno != EINTR) return {};
  }
  if (file) lseek(file.get(), 0, SEEK_SET);
  return file;
}

bool is_program(const std::string& path) {
  struct stat info{};
  return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
         faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) == 0;
}

/// Finds the program by the child's PATH; posix_spawnp would search our own. Relative folders in
/// PATH are skipped: they would be relative to our folder, not to `spec.directory`.
std::string find_program(const ProcessSpec& spec) {
  const std::string& name = spec.arguments[0];
  if (name.contains('/')) return name;
  for (std::string_view variable : spec.environment) {
    if (!variable.starts_with("PATH=")) continue;
    for (std::string_view folder : split(variable.substr(5), ':')) {
      if (!folder.starts_with('/')) continue;
      std::string path = std::string(folder) + "/" + name;
      if (!name.empty() && is_program(path)) return path;
    }
    break;  // the first PATH entry counts, as for getenv
  }
  return {};
}

bool has_nul(const std::vector<std::string>& texts) {
  return std::ranges::any_of(texts, [](const std::string& text) { return text.contains('\0'); });
}

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const auto& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

/// The arguments of posix_spawn, which must be freed.
struct SpawnPlan {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  SpawnPlan() {
    ENSURE(posix_spawn_file_actions_init(&actions) == 0);
    ENSURE(posix_spawnattr_init(&attributes) == 0);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
};

/// Calls `spawn` on a new, confined thread: a child inherits the confinement of the thread that
/// starts it, and the confinement ends with that thread. Returns the result of `spawn`, or errno if
/// it could not be called.
int on_confined_thread(const Landlock& landlock, const std::function<int()>& spawn) {
  int error = 0;
  try {
    std::jthread([&] {
      error = landlock.confine_this_thread();
      if (error == 0) error = spawn();
    });
  } catch (const std::system_error& no_thread) {
    error = no_thread.code().value();
  }
  return error;
}

/// A started program. The destructor kills its process group if nobody has waited for it, as when
/// an output callback throws.
class Child {
 public:
  Result<void> start(const ProcessSpec& spec);
  ~Child() {
    if (leader_ <= 0 || ended_) return;
    signal_group(SIGKILL);
    while (waitpid(leader_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }

  void signal_group(int signal) const { kill(-leader_, signal); }
  /// Waits up to `wait` for output or the program's end, and passes on what was read.
  void poll_once(const ProcessSpec& spec, milliseconds wait);
  /// Passes on only what is in the pipes now: a process outside the group may hold them open or
  /// write without end.
  void drain(const ProcessSpec& spec);
  /// True once the program is a zombie; its process id stays reserved until `reap`.
  bool leader_has_ended() const;
  void reap(ProcessOutcome& outcome);
  bool ended() const { return ended_; }
  bool has_pidfd() const { return static_cast<bool>(pidfd_); }
  bool group_is_gone() const { return kill(-leader_, 0) != 0; }

 private:
  /// Returns how many bytes were read. At the end of the stream it closes `from` and returns 0.
  size_t read_some(Descriptor& from, size_t limit,
                   const std::function<void(std::string_view)>& receive);
  const std::function<void(std::string_view)>& error_receiver(const ProcessSpec& spec) const {
    return spec.on_error_output ? spec.on_error_output : spec.on_output;
  }

  pid_t leader_ = -1;
  bool ended_ = false;
  Descriptor pidfd_, output_, error_output_;
  std::array<char, 64 * 1024> buffer_;
};

Result<void> Child::start(const ProcessSpec& spec) {
  ENSURE(!spec.arguments.empty());
  if (has_nul(spec.arguments) || has_nul(spec.environment) || spec.directory.contains('\0')) {
    return cannot_start(spec, EINVAL);
  }
  const std::string program = find_program(spec);
  if (program.empty()) return cannot_start(spec, ENOENT);

  Descriptor input = input_file(spec.input);
  Pipe output, error_output;
  if (!input || !output.open()) return cannot_start(spec, errno);
  // One pipe for both streams keeps the order in which they were written.
  if (spec.on_error_output && !error_output.open()) return cannot_start(spec, errno);
  const Descriptor& error_end = spec.on_error_output ? error_output.write_end : output.write_end;

  SpawnPlan plan;
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  int error = 0;
  auto add = [&](int result) { error = error != 0 ? error : result; };
  add(posix_spawn_file_actions_adddup2(&plan.actions, input.get(), STDIN_FILENO));
  add(posix_spawn_file_actions_adddup2(&plan.actions, output.write_end.get(), STDOUT_FILENO));
  add(posix_spawn_file_actions_adddup2(&plan.actions, error_end.get(), STDERR_FILENO));
  add(posix_spawn_file_actions_addclosefrom_np(&plan.actions, STDERR_FILENO + 1));
  add(posix_spawn_file_actions_addchdir_np(&plan.actions, spec.directory.c_str()));
  add(posix_spawnattr_setflags(
      &plan.attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK));
  add(posix_spawnattr_setpgroup(&plan.attributes, 0));
  add(posix_spawnattr_setsigdefault(&plan.attributes, &all));
  add(posix_spawnattr_setsigmask(&plan.attributes, &none));
  pid_t pid = -1;
  auto arguments = pointers_to(spec.arguments);
  auto environment = pointers_to(spec.environment);
  const auto spawn = [&] {
    return posix_spawn(&pid, program.c_str(), &plan.actions, &plan.attributes, arguments.data(),
                       environment.data());
  };
  if (error == 0 && spec.confinement) {
    const Landlock landlock = TRY(Landlock::prepare(*spec.confinement));
    error = on_confined_thread(landlock, spawn);
  } else if (error == 0) {
    error = spawn();
  }
  if (error != 0) return cannot_start(spec, error);
  leader_ = pid;
  // Some sandboxes forbid pidfd_open; then the process is checked at every tick. A raw system call,
  // because glibc 2.36 declares the function only for C.
  pidfd_ = Descriptor(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  output_ = std::move(output.read_end);
  error_output_ = std::move(error_output.read_end);
  return {};
}

size_t Child::read_some(Descriptor& from, size_t limit,
                        const std::function<void(std::string_view)>& receive) {
  ssize_t count = 0;
  do {
    count = read(from.get(), buffer_.data(), std::min(limit, buffer_.size()));
  } while (count < 0 && errno == EINTR);
  if (count <= 0) {
    from.close();
    return 0;
  }
  const auto size = static_cast<size_t>(count);
  if (receive) receive({buffer_.data(), size});
  return size;
}

void Child::poll_once(const ProcessSpec& spec, milliseconds wait) {
  // poll() ignores negative descriptors.
  std::array<pollfd, 3> watched{{{output_.get(), POLLIN, 0},
                                 {error_output_.get(), POLLIN, 0},
                                 {ended_ ? -1 : pidfd_.get(), POLLIN, 0}}};
  int timeout = static_cast<int>(std::clamp<int64_t>(wait.count(), 0, 60'000));
  if (poll(watched.data(), watched.size(), timeout) <= 0) return;
  if (watched[0].revents != 0) read_some(output_, buffer_.size(), spec.on_output);
  if (watched[1].revents != 0) read_some(error_output_, buffer_.size(), error_receiver(spec));
}

void Child::drain(const ProcessSpec& spec) {
  auto drain_one = [&](Descriptor& from, const std::function<void(std::string_view)>& receive) {
    int waiting = 0;
    if (!from || ioctl(from.get(), FIONREAD, &waiting) != 0) return;
    for (auto left = static_cast<size_t>(waiting); left > 0 && from;) {
      left -= read_some(from, left, receive);
    }
  };
  drain_one(output_, spec.on_output);
  drain_one(error_output_, error_receiver(spec));
}

bool Child::leader_has_ended() const {
  siginfo_t info{};
  int result = 0;
  do {
    result = waitid(P_PID, static_cast<id_t>(leader_), &info, WEXITED | WNOHANG | WNOWAIT);
  } while (result != 0 && errno == EINTR);
  ENSURE(result == 0);  // ECHILD: SIGCHLD is ignored, or somebody else waits for any child
  return info.si_pid != 0;
}

void Child::reap(ProcessOutcome& outcome) {
  int status = 0;
  while (waitpid(leader_, &status, 0) < 0 && errno == EINTR) {
  }
  ended_ = true;
  if (WIFEXITED(status)) outcome.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) outcome.signal = WTERMSIG(status);
}

}  // namespace

Result<ProcessOutcome> run_process(const ProcessSpec& spec) {
  Child child;
  TRY(child.start(spec));
  ProcessOutcome outcome;
  enum class Stage { running, terminated, killed } stage = Stage::running;
  auto deadline = Steady::now() + std::min(spec.time_limit, longest_limit);
  auto terminate = [&] {
    child.signal_group(SIGTERM);
    deadline = Steady::now() + std::min(spec.kill_after, longest_limit);
    stage = Stage::terminated;
  };
  while (true) {
    if (!child.ended() && child.leader_has_ended()) {
      // The zombie keeps the group's number reserved, so this cannot signal a stranger. After
      // `reap` the kernel may reuse the number; only the short time between two ticks protects
      // against that.
      if (stage == Stage::running) terminate();
      child.reap(outcome);
    }
    if (child.ended() && (stage == Stage::killed || child.group_is_gone())) break;
    const bool cancelled = spec.cancel != nullptr && spec.cancel->load();
    const bool late = Steady::now() >= deadline;
    if (stage == Stage::running && (cancelled || late)) {
      (cancelled ? outcome.cancelled : outcome.timed_out) = true;
      terminate();
    } else if (stage == Stage::terminated && late) {
      child.signal_group(SIGKILL);
      stage = Stage::killed;
      continue;
    }
    auto wait = longest_limit;
    if (stage != Stage::killed) {
      wait = std::chrono::ceil<milliseconds>(deadline - Steady::now());
    }
    if (stage == Stage::running && spec.cancel != nullptr) wait = std::min(wait, cancel_tick);
    if (child.ended() || !child.has_pidfd()) wait = std::min(wait, group_tick);
    child.poll_once(spec, wait);
  }
  child.drain(spec);
  return outcome;
}

}  // namespace esclusa
