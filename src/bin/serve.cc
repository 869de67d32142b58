#include "bin/serve.h"

#include <malloc.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "base/landlock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/supervised.h"
#include "bin/node.h"

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

void print_address(const Node& node) {
  std::printf("Esclusa listens on %s\nData: %s\n", node.url().c_str(), node.data().c_str());
  if (const auto& administrator = node.first_administrator()) {
    std::printf("Administrator: admin\nToken (shown once): %s\n",
                administrator->text.reveal().c_str());
  }
  std::fflush(stdout);
}

}  // namespace

Result<void> serve(const ServerSettings& settings) {
  umask(077);
  share_memory();
  raise_descriptor_limit();
  forbid_core_files();
  StopGuard guard;
  Node node(settings);
  // Before `open`: the threads that it makes must not take the signals.
  const http::SignalWatcher signals(
      [&] {
        guard.begin();
        node.stop();
      },
      [&] { node.reload(); });
  TRY(node.open());
  print_address(node);
  if (landlock_version() == 0) {
    log::warning("this kernel has no Landlock of version 2 or later: git is not confined");
  }
  const auto ended = node.run();
  // It has stopped. One more signal must not kill it while it closes its files: whoever waits for
  // it would take that for a failure.
  std::signal(SIGTERM, SIG_IGN);
  std::signal(SIGINT, SIG_IGN);
  return ended;
}

}  // namespace esclusa
