#pragma once
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/limits.h"
#include "http/message.h"
#include "http/tls_identity.h"

namespace esclusa::http {

/// What a server serves. The functions are called from several threads at once.
struct Service {
  /// Answers one request; may wait. Exceptions are answered with `refuse(request, 500)`.
  std::function<Response(const Request&)> handle;
  /// True if `handle` may wait (commit, git, hashing) and so belongs on the pool; otherwise it
  /// is called on the I/O thread. Must be quick.
  std::function<bool(const Request&)> may_block;
  /// An answer without asking `handle`: 400 (malformed), 408, 413, 414, 431, 500, 503. The request
  /// holds what was read of it.
  std::function<Response(const Request&, int status)> refuse;
};

/// The bounds of one server. The program keeps the defaults; a test makes them small.
struct ServerLimits {
  size_t header_bytes = limits::header_bytes;
  size_t target_bytes = limits::target_bytes;
  size_t body_bytes = limits::body_bytes;
  size_t connection_count = limits::connection_count;
  size_t queued_requests = limits::queued_requests;
  std::chrono::milliseconds header_time = limits::header_time;
  std::chrono::milliseconds body_time = limits::body_time;
  std::chrono::milliseconds idle_time = limits::idle_time;
  std::chrono::milliseconds write_time = limits::write_time;  ///< without any progress
  std::chrono::milliseconds drain_time = limits::drain_time;
};

/// An HTTP/1.1 server: keep-alive, HEAD (the body is left out, its length kept), limits of
/// base/limits.h, one I/O thread and a bounded pool. TCP may be TLS. `Date`, `Content-Length`,
/// `Connection` are its own.
class Server {
 public:
  /// `worker_threads` bounds how many requests wait at once.
  Server(Service service, size_t worker_threads, ServerLimits limits = {});
  /// Not while `run` is running. Waits for the `handle` calls that are still at work.
  ~Server();
  Server(const Server&) = delete;

  /// Listens on a TCP address; port 0 lets the system choose. The port, or `unavailable`.
  Result<uint16_t> listen(const std::string& host, uint16_t port);
  /// Listens on a unix socket with these permissions, replacing a stale one. If `users` names any,
  /// processes of others are cut off before they are heard, whatever the permissions say.
  Result<void> listen_local(const std::string& path, unsigned permissions, Door door,
                            std::vector<uid_t> users = {});

  /// TCP connections accepted from now on speak TLS with this identity; those that are open go on
  /// with theirs. Any thread, also while `run` is running. Unix sockets stay plain.
  void use_tls(TlsIdentity identity);

  /// Serves until `stop`; returns when the last answer is sent, or `limits::drain_time` is over.
  /// Once only; the listeners are opened before it. It is the I/O thread, and not supervised
  /// (base/supervised.h): requests answer their own exceptions with 500, and after any other one
  /// there may be a timer that nobody has set again. It throws, so that the process ends in order.
  void run();
  /// Stops accepting, lets requests in flight be answered, closes idle connections. Any thread,
  /// signal handlers excepted; a second call ends at once.
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Calls `on_stop` from an ordinary thread for each SIGTERM and SIGINT, and `on_reload`, if there
/// is one, for SIGHUP, from the construction to the destruction. Construct it before any other
/// thread is started: it blocks these signals. SIGHUP is left alone without `on_reload`.
class SignalWatcher {
 public:
  explicit SignalWatcher(std::function<void()> on_stop, std::function<void()> on_reload = {});
  ~SignalWatcher();
  SignalWatcher(const SignalWatcher&) = delete;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace esclusa::http
