#include "http/server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <cstring>
#include <new>
#include <optional>

#include "base/log.h"
#include "base/mutex.h"
#include "http/client_network.h"
#include "http/listening_socket.h"
#include "http/session.h"

namespace esclusa::http {
namespace {
namespace asio = boost::asio;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

/// How often deadlines are checked: a deadline may be late by this much.
constexpr auto tick_time = std::chrono::milliseconds(250);
/// Connections accepted in one turn, so that many new ones do not delay the others.
constexpr int accept_batch = 64;

/// Its handlers hold it, since one that has been queued also runs after its listener was closed.
struct Listener : std::enable_shared_from_this<Listener> {
  Listener(asio::io_context& io, FileDescriptor fd, Door door_)
      : descriptor(io, fd.release()), door(door_) {}
  ~Listener() { close(); }

  void close() {
    error_code ignored;
    descriptor.close(ignored);
    if (local) local->remove();
    local.reset();
  }

  asio::posix::stream_descriptor descriptor;
  Door door;
  bool paused = false;
  bool is_lent = false;      // another process owns it, and the next server goes on with it
  std::vector<uid_t> users;  // who may connect; empty: everybody whom the file permissions allow
  std::optional<LocalListener> local;  // its descriptor is the one above
};

/// Who has connected to a unix socket; nothing if the system does not say.
std::optional<uid_t> system_user_of(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
  return peer.uid;
}

bool may_connect(int fd, const std::vector<uid_t>& users) {
  if (users.empty()) return true;
  const auto user = system_user_of(fd);
  if (user && std::ranges::find(users, *user) != users.end()) return true;
  log::warning("a local socket refused a process of another user",
               {{"user", static_cast<int64_t>(user.value_or(0))}});
  return false;
}

}  // namespace

struct Server::State {
  State(Service service, const ServerLimits& limits) : host(std::move(service), limits) {
    host.on_session_end = [this] { session_ended(); };
  }
  ~State() {
    // The sessions' destructors use the host, which must still exist.
    while (!host.sessions.empty()) host.sessions.back()->close();
  }

  Listener& add_listener(FileDescriptor fd, Door door, std::optional<LocalListener> local,
                         std::vector<uid_t> users);
  void wait_accept(Listener& listener);
  bool accept_some(Listener& listener);
  bool make_room_for(const std::string& owner);
  void open_session(int fd, const sockaddr_storage& address, Door door);
  Transport transport_for(Transport::Socket socket, bool over_network);
  void resume_accepting();
  void session_ended();
  void tick();
  void on_stop();
  void close_listeners();

  SessionHost host;
  asio::steady_timer timer{host.io};
  asio::steady_timer backlog_timer{host.io};
  std::vector<std::shared_ptr<Listener>> listeners;
  Clock::time_point drain_end;
  Mutex tls_mutex;
  std::optional<TlsIdentity> tls GUARDED_BY(tls_mutex);
};

Listener& Server::State::add_listener(FileDescriptor fd, Door door,
                                      std::optional<LocalListener> local,
                                      std::vector<uid_t> users) {
  auto listener = std::make_shared<Listener>(host.io, std::move(fd), door);
  listener->local = std::move(local);
  listener->users = std::move(users);
  wait_accept(*listener);
  return *listeners.emplace_back(std::move(listener));
}

void Server::State::wait_accept(Listener& listener) {
  listener.descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                                 [this, held = listener.shared_from_this()](error_code error) {
                                   if (!error && held->descriptor.is_open()) accept_some(*held);
                                 });
}

/// False if no more connections are in the backlog, or none can be accepted at present.
bool Server::State::accept_some(Listener& listener) {
  for (int i = 0; i < accept_batch; ++i) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    int fd = ::accept4(listener.descriptor.native_handle(), reinterpret_cast<sockaddr*>(&address),
                       &size, SOCK_CLOEXEC);
    if (fd >= 0 && !may_connect(fd, listener.users)) {
      FileDescriptor refused(fd);
    } else if (fd >= 0) {
      try {
        open_session(fd, address, listener.door);
      } catch (const std::bad_alloc&) {
        log::error("a connection was refused: there is no more memory");
        listener.paused = true;
        return false;
      }
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      // An immediate retry would only use CPU time; the next tick tries again.
      log::warning("cannot accept a connection", {{"error", std::strerror(errno)}});
      listener.paused = true;
      return false;
    } else if (errno == EAGAIN) {
      wait_accept(listener);
      return false;
    }
  }
  wait_accept(listener);
  return true;
}

/// Closes the connection that has to give way to a new one of `owner`. False if none has to.
bool Server::State::make_room_for(const std::string& owner) {
  if (host.connections.has_room()) return true;
  host.refused.add();
  Session* other = host.connections.who_closes_for(owner);
  if (other != nullptr) other->close();
  return other != nullptr;
}

void Server::State::open_session(int fd, const sockaddr_storage& address, Door door) {
  const bool over_network = address.ss_family != AF_UNIX;
  std::string peer = address_text(address);
  // The limit does not apply to the local sockets.
  if (door == Door::network && !make_room_for(client_network(peer))) {
    FileDescriptor refused(fd);
    return;
  }
  if (over_network) {
    int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  Transport::Socket socket(host.io);
  error_code error;
  socket.assign(asio::generic::stream_protocol(address.ss_family, 0), fd, error);
  if (error) {
    FileDescriptor closed(fd);
    return;
  }
  socket.non_blocking(true, error);
  const auto system_user = over_network ? std::nullopt : system_user_of(fd);
  std::make_shared<Session>(host, transport_for(std::move(socket), over_network), std::move(peer),
                            door, system_user)
      ->start();
}

Transport Server::State::transport_for(Transport::Socket socket, bool over_network) {
  Lock lock(tls_mutex);
  if (over_network && tls) return Transport(std::move(socket), *tls);
  return Transport(std::move(socket));
}

void Server::State::resume_accepting() {
  for (auto& listener : listeners) {
    if (std::exchange(listener->paused, false)) wait_accept(*listener);
  }
}

void Server::State::session_ended() {
  if (host.stopping && listeners.empty() && host.sessions.empty()) host.io.stop();
}

void Server::State::tick() {
  auto now = Clock::now();
  if (host.stopping && now >= drain_end) return host.io.stop();
  // Backwards, since a session that closes is replaced by the last one, which was checked already.
  for (size_t i = host.sessions.size(); i-- > 0;) {
    if (i >= host.sessions.size()) continue;  // one that gave way closed others, too
    auto session = host.sessions[i];
    session->check_deadline(now);
  }
  for (WorkerPool& lane : host.lanes) lane.replace_stuck();
  resume_accepting();
  timer.expires_after(tick_time);
  timer.async_wait([this](error_code error) {
    if (!error) tick();
  });
}

void Server::State::on_stop() {
  if (host.stopping) return host.io.stop();
  host.stopping = true;
  drain_end = Clock::now() + host.limits.drain_time;
  std::erase_if(listeners, [](const auto& listener) {
    if (listener->is_lent) listener->close();
    return listener->is_lent;
  });
  for (auto& listener : listeners) refuse_new_connections(listener->descriptor.native_handle());
  for (const auto& session : host.sessions) session->end_soon();
  if (host.limits.backlog_time.count() == 0) return close_listeners();
  // A client may have seen its connection open before its last packet comes here.
  backlog_timer.expires_after(host.limits.backlog_time);
  backlog_timer.async_wait([this](error_code error) {
    if (!error) close_listeners();
  });
}

void Server::State::close_listeners() {
  for (auto& listener : listeners) {
    while (accept_some(*listener)) continue;
    listener->close();
  }
  listeners.clear();
  session_ended();
}

Server::Server(Service service, ServerLimits limits)
    : state_(std::make_unique<State>(std::move(service), limits)) {}

Server::~Server() = default;

Result<uint16_t> Server::listen(const std::string& host, uint16_t port) {
  TcpListeners opened = TRY(open_tcp_listeners(host, port));
  for (FileDescriptor& fd : opened.sockets) {
    state_->add_listener(std::move(fd), Door::network, std::nullopt, {});
  }
  return opened.port;
}

Result<uint16_t> Server::adopt(int listener) {
  FileDescriptor fd(listener);
  const uint16_t port = TRY(prepare_lent_listener(fd.get()));
  state_->add_listener(std::move(fd), Door::network, std::nullopt, {}).is_lent = true;
  return port;
}

Result<void> Server::listen_local(const std::string& path, unsigned permissions, Door door,
                                  std::vector<uid_t> users) {
  LocalListener local = TRY(open_local_listener(path, permissions));
  FileDescriptor fd = std::move(local.socket);
  state_->add_listener(std::move(fd), door, std::move(local), std::move(users));
  return {};
}

void Server::use_tls(TlsIdentity identity) {
  Lock lock(state_->tls_mutex);
  state_->tls.emplace(std::move(identity));
}

void Server::use_proxies(Proxies proxies) {
  asio::post(state_->host.io, [state = state_.get(), proxies = std::move(proxies)]() mutable {
    state->host.proxies = std::move(proxies);
  });
}

ServerFigures Server::figures() const {
  SessionHost& host = state_->host;
  ServerFigures now{.open_connections = host.session_count,
                    .accepted_connections = host.accepted.value(),
                    .refused_connections = host.refused.value(),
                    .lanes = {}};
  for (size_t i = 0; i < now.lanes.size(); ++i) now.lanes[i] = host.lanes[i].figures();
  Lock lock(state_->tls_mutex);
  if (state_->tls) now.certificate_end = state_->tls->ends_at();
  return now;
}

void Server::run() {
  state_->tick();
  state_->host.io.run();
  for (auto& listener : state_->listeners) listener->close();
  state_->listeners.clear();
  while (!state_->host.sessions.empty()) state_->host.sessions.back()->close();
}

void Server::stop() {
  asio::post(state_->host.io, [state = state_.get()] { state->on_stop(); });
}

}  // namespace esclusa::http
