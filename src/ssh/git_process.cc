#include "ssh/git_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "base/descriptor.h"
#include "ssh/program.h"

namespace esclusa::ssh {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kill_after{500};  ///< from SIGTERM to SIGKILL
constexpr int not_started = 127;
/// Git loops forever on some broken histories; checking a push of all of Linux takes some minutes.
constexpr rlim_t processor_seconds = 30 * 60;
constexpr int session_gone = SIGUSR1;  ///< the signal to the guard when its parent dies

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
  list.push_back(nullptr);
  return list;
}

sigset_t watched_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : {SIGCHLD, SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  return set;
}

/// What the child needs after fork(), where it must not allocate.
struct Start {
  const GitProcess& process;
  char** arguments;
  char** environment;
  pid_t parent;
  sigset_t former_mask;
};

/// Asks the kernel for `signal` when the parent ends. False if the parent has already ended.
bool end_with_parent(int signal, pid_t parent) {
  return prctl(PR_SET_PDEATHSIG, signal) == 0 && getppid() == parent;
}

/// Runs in the guard's child: becomes git.
[[noreturn]] void become_git(const Start& start, pid_t guard) {
  if (!end_with_parent(SIGKILL, guard)) _exit(not_started);
  const rlimit processor_time{processor_seconds, processor_seconds};
  setrlimit(RLIMIT_CPU, &processor_time);  // also limits each of its children
  const int kept = start.process.kept_descriptor;
  if (kept >= 0) fcntl(kept, F_SETFD, 0);
  signal(SIGPIPE, SIG_DFL);
  sigprocmask(SIG_SETMASK, &start.former_mask, nullptr);
  execve(start.arguments[0], start.arguments, start.environment);
  _exit(not_started);
}

/// Ends this process with the exit code or signal of another one.
[[noreturn]] void end_like(int status) {
  if (WIFEXITED(status)) _exit(WEXITSTATUS(status));
  prctl(PR_SET_DUMPABLE, 0);
  sigset_t none;
  sigemptyset(&none);
  signal(WTERMSIG(status), SIG_DFL);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  raise(WTERMSIG(status));
  _exit(not_started);
}

/// The leader of git's process group, confined like git. Waits for git, and kills the group if the
/// session's process dies, because git's own children would outlive git.
[[noreturn]] void guard_git(const Start& start) {
  setpgid(0, 0);
  sigset_t watched;
  sigemptyset(&watched);
  for (int one : {SIGCHLD, SIGTERM, session_gone}) sigaddset(&watched, one);
  sigprocmask(SIG_BLOCK, &watched, nullptr);
  const Landlock* landlock = start.process.landlock;
  if (!end_with_parent(session_gone, start.parent)) _exit(not_started);
  if (landlock != nullptr && landlock->confine_this_thread() != 0) _exit(not_started);
  const pid_t guard = getpid();
  const pid_t git = fork();
  if (git == 0) become_git(start, guard);
  if (git < 0) _exit(not_started);
  close_range(0, ~0U, 0);  // only git may hold the client's streams and the repository's lock
  int status = 0;
  while (waitpid(git, &status, WNOHANG) != git) {
    if (sigwaitinfo(&watched, nullptr) == session_gone) kill(0, SIGKILL);
  }
  end_like(status);
}

/// Watches git's process group through its guard, and the signals that concern the session.
class Watch {
 public:
  Watch(pid_t git, Descriptor signals) : git_(git), signals_(std::move(signals)) {}

  /// Waits for a signal or until the time is over; true if this process was told to end.
  bool wait(milliseconds time) {
    pollfd watched{signals_.get(), POLLIN, 0};
    if (poll(&watched, 1, static_cast<int>(std::max<int64_t>(0, time.count()))) <= 0) return false;
    signalfd_siginfo info{};
    if (read(signals_.get(), &info, sizeof info) != sizeof info) return false;
    return info.ssi_signo != SIGCHLD;
  }

  /// True once git has ended. Until `reap`, its process id stays the id of its group.
  bool has_ended() {
    siginfo_t info{};
    if (!ended_ &&
        waitid(P_PID, static_cast<id_t>(git_), &info, WEXITED | WNOHANG | WNOWAIT) == 0) {
      ended_ = info.si_pid == git_;
    }
    return ended_;
  }

  /// Ends the whole group: git's children may hold the client's streams.
  void end() {
    killpg(git_, SIGTERM);
    const auto deadline = Clock::now() + kill_after;
    while (!has_ended() && Clock::now() < deadline) {
      wait(std::chrono::ceil<milliseconds>(deadline - Clock::now()));
    }
    end_group();
    reap();
  }

  /// Kills what is left of the group.
  void end_group() const { killpg(git_, SIGKILL); }

  void reap() {
    while (waitpid(git_, &status_, 0) < 0 && errno == EINTR) {
    }
  }

  GitEnd outcome() const {
    if (WIFEXITED(status_)) return {WEXITSTATUS(status_), false};
    return {128 + WTERMSIG(status_), true};
  }

 private:
  pid_t git_;
  Descriptor signals_;
  int status_ = 0;
  bool ended_ = false;
};

GitEnd killed(Watch& watch) {
  watch.end();
  return {1, true};
}

GitEnd watch_git(Watch& watch, const GitProcess& process) {
  auto next_check = Clock::now() + process.check_every;
  while (!watch.has_ended()) {
    if (watch.wait(std::chrono::ceil<milliseconds>(next_check - Clock::now()))) {
      return killed(watch);
    }
    if (watch.has_ended() || Clock::now() < next_check) continue;
    if (const auto allowed = process.check(); !allowed) {
      report(allowed.error());
      return killed(watch);
    }
    next_check = Clock::now() + process.check_every;
  }
  // Unconfined git may run the owner's hooks, and they may leave a process in the background: only
  // a confined group is killed.
  if (process.landlock != nullptr) watch.end_group();
  watch.reap();
  return watch.outcome();
}

}  // namespace

Result<GitEnd> run_git_session(const GitProcess& process) {
  const sigset_t watched = watched_signals();
  sigset_t former;
  sigprocmask(SIG_BLOCK, &watched, &former);
  Descriptor signals(signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK));
  auto arguments = pointers(process.arguments);
  auto environment = pointers(process.environment);
  const Start start{process, arguments.data(), environment.data(), getpid(), former};
  const pid_t guard = signals ? fork() : -1;
  if (guard < 0) return fail(ErrorCode::unavailable, "cannot start git now; try again");
  if (guard == 0) guard_git(start);
  setpgid(guard, guard);  // parent and child both set it, because either may run first
  Watch watch(guard, std::move(signals));
  return watch_git(watch, process);
}

}  // namespace esclusa::ssh
