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
#include "http/figures.h"
#include "http/forwarded.h"
#include "http/lane.h"
#include "http/message.h"
#include "http/tls_identity.h"

namespace esclusa::http {

/// How one request will be answered.
struct Plan {
  Lane lane = Lane::commit;
  std::string owner = {};  ///< who waits for it, and takes turns with others; empty: the peer
  std::string place = {};  ///< the repository that it opens; empty: none
  std::function<Response()> answer = {};
};

/// The handlers of a server. They are called from several threads at once. Their exceptions are
/// answered with `refuse(request, 500)`.
struct Service {
  /// Looks at the request, on the I/O thread; must be quick. The request outlives the plan.
  std::function<Plan(const Request&)> plan;
  /// Makes an answer without a plan: 400 (malformed), 401 (a large body from nobody), 408, 413,
  /// 414, 431, 500, 503. The request contains what was read so far. Also while the plan's answer is
  /// being made, if that takes too long.
  std::function<Response(const Request&, int status)> refuse;
  /// Whether this request, of which the head is read, may have a body above
  /// `limits::early_body_bytes`. On the I/O thread. Null: every request may.
  std::function<bool(const Request&)> may_send_much = {};
};

/// The limits of one server. The program uses the defaults; tests use small ones.
struct ServerLimits {
  size_t header_bytes = limits::header_bytes;
  size_t target_bytes = limits::target_bytes;
  size_t body_bytes = limits::body_bytes;
  size_t connection_count = limits::connection_count;
  size_t buffer_bytes = limits::buffer_bytes;
  size_t write_progress_bytes = limits::write_progress_bytes;
  std::chrono::milliseconds header_time = limits::header_time;
  std::chrono::milliseconds body_time = limits::body_time;
  std::chrono::milliseconds idle_time = limits::idle_time;
  std::chrono::milliseconds write_time = limits::write_time;  ///< for `write_progress_bytes`
  std::chrono::milliseconds backlog_time = limits::backlog_time;
  std::chrono::milliseconds stop_head_time = limits::stop_head_time;
  std::chrono::milliseconds drain_time = limits::drain_time;
  LaneTable lanes = lane_limits;
};

/// An HTTP/1.1 server: keep-alive, HEAD (no body, but its length), the limits of base/limits.h, one
/// I/O thread and the lanes of http/lane.h. Each connection is answered one request in its turn.
/// When there are too many connections, or bytes in their buffers, the client with the most gives
/// way. TCP may use TLS. The server itself sets `Date`, `Content-Length` and `Connection`.
class Server {
 public:
  explicit Server(Service service, ServerLimits limits = {});
  /// Not while `run` is running. Waits for answers that are still being made.
  ~Server();
  Server(const Server&) = delete;

  /// Listens on a TCP address; with port 0 the system chooses the port. Returns the port, or
  /// `unavailable`.
  Result<uint16_t> listen(const std::string& host, uint16_t port);
  /// Listens on a TCP socket on which another process listens already, such as systemd, which keeps
  /// it for the next server: a stop leaves it, and whoever is in its backlog, to that one. Takes
  /// the descriptor. Returns the port. `invalid` if it is not a TCP socket that listens.
  Result<uint16_t> adopt(int listener);
  /// Listens on a unix socket with these permissions; a stale socket is replaced. If `users` is not
  /// empty, connections of other users are closed before anything is read, whatever the
  /// permissions. The door may be the network: then a proxy of this machine comes through it.
  Result<void> listen_local(const std::string& path, unsigned permissions, Door door,
                            std::vector<uid_t> users = {});

  /// TCP connections accepted from now on use TLS with this identity; open connections keep theirs.
  /// Any thread, also while `run` is running. Unix sockets never use TLS.
  void use_tls(TlsIdentity identity);

  /// Requests that arrive from now on come through these proxies. Any thread, also while `run` is
  /// running.
  void use_proxies(Proxies proxies);

  /// Any thread, also while `run` is running.
  ServerFigures figures() const;

  /// Serves until `stop`; returns when the last answer is sent, or `limits::drain_time` is over.
  /// Once only; the listeners are opened before it. It is the I/O thread, and not supervised
  /// (base/supervised.h): requests answer their own exceptions with 500, and after any other one
  /// there may be a timer that nobody has set again. It throws, so that the process ends in order.
  void run();
  /// Stops accepting, lets requests that have arrived be answered, those in the backlog of the
  /// listeners too, and closes idle connections. A second call ends immediately. Any thread, but
  /// not a signal handler.
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Calls `on_stop` for each SIGTERM and SIGINT, and `on_reload`, if given, for each SIGHUP, from an
/// ordinary thread, as long as this object lives. Construct it before any other thread is started:
/// it blocks these signals. Without `on_reload`, SIGHUP keeps its usual effect.
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
