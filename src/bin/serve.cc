#include "bin/serve.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <thread>

#include "base/descriptor.h"
#include "base/landlock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/supervised.h"
#include "bin/node.h"
#include "bin/reload.h"
#include "bin/service_manager.h"

namespace esclusa {
namespace {

/// The usual soft limit of 1,024 descriptors would end at that many connections.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/// No core file: it would have the keys and secrets that are in memory. Where the system pipes core
/// dumps to a program, this limit does not hold it back; the pages of the keys are left out of
/// every dump (base/crypto.cc).
void forbid_core_files() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
}

/// By default malloc makes eight arenas for each processor. What one thread frees, threads of other
/// arenas cannot use, and with some 80 threads the process grows for hours.
void share_memory() { mallopt(M_ARENA_MAX, 2); }

/// Ends the process if a stop takes too long: something hangs, such as a repository on a network
/// file system that does not answer, and nothing can end a thread that waits for it. What was
/// acknowledged is on the disk.
class StopGuard {
 public:
  /// Any thread; again without effect.
  void begin() {
    Lock lock(mutex_);
    if (thread_.joinable()) return;
    thread_ = std::jthread([this](const std::stop_token& ended) {
      if (!wait_unless_stopped(ended, limits::drain_time + limits::give_up_time)) return;
      log::warning("the server gives up on work that hangs, and ends");
      std::_Exit(EXIT_SUCCESS);
    });
  }

 private:
  Mutex mutex_;
  std::jthread thread_ GUARDED_BY(mutex_);
};

/// Writes the text to a file that only this user can read. False if that cannot be done.
bool write_closed_file(const std::string& path, const std::string& text) {
  const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;
  const Descriptor file(open(path.c_str(), flags, 0600));
  return file && fchmod(file.get(), 0600) == 0 &&
         write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
         fsync(file.get()) == 0;
}

/// Without a terminal, what is printed goes into a journal or a file that others may read: there
/// the token goes into a file of its own.
void print_administrator(const Node& node) {
  const auto& administrator = node.first_administrator();
  if (!administrator) return;
  const std::string token = administrator->text.reveal();
  const std::string file = (node.data() / "admin.token").string();
  std::printf("Administrator: admin\n");
  if (isatty(STDOUT_FILENO) == 1) {
    std::printf("Token (shown once): %s\n", token.c_str());
  } else if (write_closed_file(file, token + "\n")) {
    std::printf("Token: in %s\n", file.c_str());
  } else {
    log::error(
        "the administrator's token cannot be written; make another one: "
        "esclusa token create admin --scopes repo",
        {{"file", file}, {"error", std::strerror(errno)}});
  }
}

void print_address(const Node& node) {
  std::printf("Esclusa listens on %s\nData: %s\n", node.url().c_str(), node.data().c_str());
  print_administrator(node);
  std::fflush(stdout);
}

}  // namespace

Result<void> serve(const std::filesystem::path& file,
                   const std::map<std::string, std::string>& flags) {
  auto sockets = TRY(take_lent_sockets());
  LoadedSettings settings = read_settings(file, flags);
  TRY(settings.check());
  settings.settings.lent_sockets = std::move(sockets);
  log::set_level(settings.settings.log_level);
  for (const SettingProblem& warning : settings.warnings) log::warning(warning.text);
  umask(077);
  share_memory();
  raise_descriptor_limit();
  forbid_core_files();
  StopGuard guard;
  ServiceManager manager;
  Node node(settings.settings);
  Reload reload(file, flags, std::move(settings), node);
  // Before `open`: the threads that it makes must not take the signals.
  const http::SignalWatcher signals(
      [&] {
        guard.begin();
        node.stop();
        manager.say_stopping();  // last: it may hang
      },
      [&] {
        manager.say_reloading();
        reload.run();
        manager.say_reloaded();
      });
  TRY(node.open());
  print_address(node);
  if (landlock_version() == 0) {
    log::warning("this kernel has no Landlock of version 2 or later: git is not confined");
  }
  // The listeners are open: whoever connects from now on is answered.
  manager.say_ready();
  std::optional<Watchdog> watchdog(std::in_place, node.data() / "run" / "admin.sock");
  const auto ended = node.run();
  watchdog.reset();
  // It has stopped. One more signal must not kill it while it closes its files: whoever waits for
  // it would take that for a failure.
  std::signal(SIGTERM, SIG_IGN);
  std::signal(SIGINT, SIG_IGN);
  return ended;
}

}  // namespace esclusa
