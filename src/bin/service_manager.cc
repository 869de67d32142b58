#include "bin/service_manager.h"

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <ctime>

#include "base/log.h"
#include "http/local_call.h"

namespace esclusa {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

/// A message that does not arrive is a fault of the service manager, which then ends us by its
/// time limit: the log says why.
void notify(const char* message) {
  const int sent = sd_notify(0, message);
  if (sent < 0) {
    log::warning("the service manager cannot be told what the server does",
                 {{"error", std::strerror(-sent)}, {"message", message}});
  }
}

void look(const std::string& socket, milliseconds time) {
  const auto answer =
      http::call_local({.socket = socket, .method = "GET", .target = "/livez", .time = time});
  if (answer && answer->status == 200) return notify("WATCHDOG=1");
  log::warning(
      "the server does not answer itself as it should; the watchdog is not told that it "
      "works",
      {{"answer", answer ? answer->body : answer.error().message}});
}

}  // namespace

Result<std::vector<int>> take_lent_sockets() {
  const int count = sd_listen_fds(1);
  if (count < 0) {
    return fail(ErrorCode::invalid, std::string("cannot take the sockets that LISTEN_FDS names: ") +
                                        std::strerror(-count));
  }
  std::vector<int> sockets;
  for (int i = 0; i < count; ++i) sockets.push_back(SD_LISTEN_FDS_START + i);
  return sockets;
}

void ServiceManager::say_ready() {
  is_ready_ = true;
  notify("READY=1");
}

void ServiceManager::say_stopping() { notify("STOPPING=1"); }

void ServiceManager::say_reloading() {
  if (!is_ready_) return;
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const int64_t time = int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1'000;
  notify(("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(time)).c_str());
}

void ServiceManager::say_reloaded() {
  if (is_ready_) notify("READY=1");
}

Watchdog::Watchdog(const std::filesystem::path& admin_socket) {
  uint64_t limit = 0;
  if (sd_watchdog_enabled(0, &limit) <= 0) return;
  // A look that hangs is given up in time for one more.
  const auto period =
      std::max(duration_cast<milliseconds>(microseconds(limit)) / 4, milliseconds(1));
  thread_.emplace("watchdog",
                  [socket = admin_socket.string(), period](const std::stop_token& stop) {
                    while (wait_unless_stopped(stop, period)) look(socket, period);
                  });
}

}  // namespace esclusa
