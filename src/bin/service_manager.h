#pragma once
#include <atomic>
#include <filesystem>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/supervised.h"

/// What this process and its service manager (systemd, or a supervisor that speaks its protocol)
/// tell each other. Without a service manager all of it does nothing.
namespace esclusa {

/// The listening sockets that the service manager has handed over; empty: none. Once, before any
/// thread is made: it takes them out of the environment, so that no child process takes them for
/// its own. `invalid` if what the environment says makes no sense.
Result<std::vector<int>> take_lent_sockets();

/// Says how far the service is. Any thread.
class ServiceManager {
 public:
  /// It is ready to serve.
  void say_ready();
  /// It begins to stop.
  void say_stopping();
  /// Reads its settings again. What is said about a reload before it was ready is left out: the
  /// service manager would take the end of the reload for the end of the start.
  void say_reloading();
  void say_reloaded();

 private:
  std::atomic<bool> is_ready_ = false;
};

/// Tells the service manager again and again that the server works, if it wants to know that
/// (`WatchdogSec=`): whenever the server has answered `GET /livez` at its administrator's socket
/// with 200. When it does not, the service manager ends it and starts it anew.
class Watchdog {
 public:
  explicit Watchdog(const std::filesystem::path& admin_socket);

 private:
  std::optional<SupervisedThread> thread_;
};

}  // namespace esclusa
