#include "ssh/git_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

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

/// In the child, until it is git. Only what may be called after fork().
[[noreturn]] void become_git(const GitProcess& process, char** arguments, char** environment,
                             pid_t parent, const sigset_t& former_mask) {
  setpgid(0, 0);
  // The repository stays locked for the server as long as git is there, so git must not be left.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(not_started);
  if (process.kept_descriptor >= 0) fcntl(process.kept_descriptor, F_SETFD, 0);
  signal(SIGPIPE, SIG_DFL);
  sigprocmask(SIG_SETMASK, &former_mask, nullptr);
  execve(arguments[0], arguments, environment);
  _exit(not_started);
}

/// Git's group, and the signals that concern it.
class Watch {
 public:
  Watch(pid_t git, Descriptor signals) : git_(git), signals_(std::move(signals)) {}

  /// Waits for a signal or the time; true when this process was told to end.
  bool wait(milliseconds time) {
    pollfd watched{signals_.get(), POLLIN, 0};
    if (poll(&watched, 1, static_cast<int>(std::max<int64_t>(0, time.count()))) <= 0) return false;
    signalfd_siginfo info{};
    if (read(signals_.get(), &info, sizeof info) != sizeof info) return false;
    return info.ssi_signo != SIGCHLD;
  }

  bool has_ended() {
    if (!ended_) ended_ = waitpid(git_, &status_, WNOHANG) == git_;
    return ended_;
  }

  /// Ends the whole group: children of git's may hold the client's streams.
  void end() {
    killpg(git_, SIGTERM);
    const auto deadline = Clock::now() + kill_after;
    while (!has_ended() && Clock::now() < deadline) {
      wait(std::chrono::ceil<milliseconds>(deadline - Clock::now()));
    }
    killpg(git_, SIGKILL);
    while (!ended_) ended_ = waitpid(git_, &status_, 0) == git_;
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
  const pid_t parent = getpid();
  const pid_t git = signals ? fork() : -1;
  if (git < 0) return fail(ErrorCode::unavailable, "cannot start git now; try again");
  if (git == 0) become_git(process, arguments.data(), environment.data(), parent, former);
  setpgid(git, git);  // whoever of the two is first
  Watch watch(git, std::move(signals));
  return watch_git(watch, process);
}

}  // namespace esclusa::ssh
