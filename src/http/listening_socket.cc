#include "http/listening_socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <memory>
#include <optional>

namespace esclusa::http {
namespace {

std::unexpected<Error> cannot_listen(const std::string& where, int error) {
  return fail(ErrorCode::unavailable, "cannot listen on " + where + ": " + std::strerror(error),
              "cannot_listen");
}

int open_one(const addrinfo& address, FileDescriptor& out, bool only_one) {
  FileDescriptor fd(::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (fd.get() < 0) return errno;
  int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // A lone "::" socket also accepts IPv4; beside an IPv4 socket on the same port it must not.
  if (address.ai_family == AF_INET6 && !only_one) {
    ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  }
  if (::bind(fd.get(), address.ai_addr, address.ai_addrlen) != 0) return errno;
  if (::listen(fd.get(), SOMAXCONN) != 0) return errno;
  out = std::move(fd);
  return 0;
}

uint16_t& port_of(sockaddr* address) {
  return address->sa_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(address)->sin6_port
                                        : reinterpret_cast<sockaddr_in*>(address)->sin_port;
}

std::optional<sockaddr_un> local_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return std::nullopt;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

std::string name_of(uid_t user) {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 16 * 1024> texts{};
  getpwuid_r(user, &entry, texts.data(), texts.size(), &found);
  return found != nullptr ? found->pw_name : "user " + std::to_string(user);
}

/// Makes the path free: removes a socket on which nobody listens any more.
Result<void> clear_stale(const std::string& path, const sockaddr_un& address) {
  struct stat info;
  if (::lstat(path.c_str(), &info) != 0) {
    return errno == ENOENT ? Result<void>{} : cannot_listen(path, errno);
  }
  if (!S_ISSOCK(info.st_mode)) return cannot_listen(path, EEXIST);
  FileDescriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (probe.get() < 0) return cannot_listen(path, errno);
  const int error =
      ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0
          ? 0
          : errno;
  if (error == EACCES) {
    return fail(ErrorCode::unavailable,
                "cannot listen on " + path + ": this socket belongs to " + name_of(info.st_uid) +
                    ". A server that ran as that user has left it there, or still runs. End that "
                    "server if it runs, and remove the socket: rm " +
                    path,
                "cannot_listen");
  }
  if (error != ECONNREFUSED) return cannot_listen(path, EADDRINUSE);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return cannot_listen(path, errno);
  return {};
}

}  // namespace

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) ::close(fd_);
}

Result<TcpListeners> open_tcp_listeners(const std::string& host, uint16_t port) {
  std::string where = host + " port " + std::to_string(port);
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  int problem = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (problem != 0) {
    return fail(ErrorCode::unavailable,
                "cannot listen on " + where + ": " + ::gai_strerror(problem), "cannot_listen");
  }
  std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);

  TcpListeners result;
  std::vector<std::string> seen;  // a hosts file may list an address twice
  int last_error = 0;
  for (addrinfo* address = found; address != nullptr; address = address->ai_next) {
    if (address->ai_family != AF_INET && address->ai_family != AF_INET6) continue;
    sockaddr_storage wanted{};
    std::memcpy(&wanted, address->ai_addr, address->ai_addrlen);
    if (std::ranges::find(seen, address_text(wanted)) != seen.end()) continue;
    seen.push_back(address_text(wanted));
    port_of(address->ai_addr) = htons(result.port != 0 ? result.port : port);
    FileDescriptor fd;
    int error = open_one(*address, fd, found->ai_next == nullptr);
    if (error == EADDRINUSE && port != 0) return cannot_listen(where, error);
    if (error != 0) {  // hosts files list "::1" also on machines without IPv6
      last_error = error;
      continue;
    }
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&bound), &size) != 0) {
      return cannot_listen(where, errno);
    }
    result.port = ntohs(port_of(reinterpret_cast<sockaddr*>(&bound)));
    result.sockets.push_back(std::move(fd));
  }
  if (result.sockets.empty()) return cannot_listen(where, last_error);
  return result;
}

Result<uint16_t> prepare_lent_listener(int listener) {
  int type = 0, is_listening = 0;
  socklen_t size = sizeof type;
  sockaddr_storage address{};
  socklen_t address_size = sizeof address;
  const bool is_tcp =
      ::getsockopt(listener, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM &&
      ::getsockopt(listener, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &size) == 0 &&
      is_listening == 1 &&
      ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &address_size) == 0 &&
      (address.ss_family == AF_INET || address.ss_family == AF_INET6);
  if (!is_tcp) {
    return fail(ErrorCode::invalid, "the socket that was handed over, descriptor " +
                                        std::to_string(listener) +
                                        ", is not a TCP socket that listens");
  }
  const int flags = ::fcntl(listener, F_GETFL);
  if (flags < 0 || ::fcntl(listener, F_SETFL, flags | O_NONBLOCK) != 0 ||
      ::fcntl(listener, F_SETFD, FD_CLOEXEC) != 0) {
    return cannot_listen("a socket that was handed over", errno);
  }
  return ntohs(port_of(reinterpret_cast<sockaddr*>(&address)));
}

Result<LocalListener> open_local_listener(const std::string& path, unsigned permissions) {
  auto address = local_address(path);
  if (!address) return cannot_listen(path, ENAMETOOLONG);
  TRY(clear_stale(path, *address));

  LocalListener local;
  local.path = path;
  local.socket = FileDescriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  int fd = local.socket.get();
  // Linux gives the socket file the permissions of the descriptor, minus the umask; chmod then adds
  // what the umask removed. Changing the umask would affect other threads.
  if (fd < 0 || ::fchmod(fd, permissions) != 0 ||
      ::bind(fd, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
    return cannot_listen(path, errno);
  }
  struct stat info;
  if (::chmod(path.c_str(), permissions) != 0 || ::lstat(path.c_str(), &info) != 0 ||
      ::listen(fd, SOMAXCONN) != 0) {
    int error = errno;
    ::unlink(path.c_str());
    return cannot_listen(path, error);
  }
  local.device = info.st_dev;
  local.inode = info.st_ino;
  return local;
}

void LocalListener::remove() const {
  struct stat info;
  if (path.empty() || ::lstat(path.c_str(), &info) != 0) return;
  if (info.st_dev == device && info.st_ino == inode) ::unlink(path.c_str());
}

void refuse_new_connections(int listener) {
  // A filter of a TCP socket sees each packet from its TCP header on. Byte 13 has the flags.
  constexpr uint32_t syn = 0x02, all = 0xffffffff;
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, syn, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_RET | BPF_K, all),
  };
  const sock_fprog filter{std::size(program), program};
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
      address.ss_family == AF_UNIX) {
    return;
  }
  // Where it is not possible, a connection that comes too late is reset.
  ::setsockopt(listener, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
}

std::string address_text(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    return text;
  }
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
      ::inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text, sizeof text);
    } else {
      ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    }
    return text;
  }
  return "local";
}

}  // namespace esclusa::http
