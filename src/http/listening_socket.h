#pragma once
#include <sys/socket.h>
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace esclusa::http {

/// Owns a file descriptor.
class FileDescriptor {
 public:
  explicit FileDescriptor(int fd = -1) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileDescriptor();
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

struct TcpListeners {
  std::vector<FileDescriptor> sockets;  ///< one per address of the host, all on the same port
  uint16_t port = 0;
};

/// Opens listening sockets for every address of `host`. `unavailable` if none can be opened.
Result<TcpListeners> open_tcp_listeners(const std::string& host, uint16_t port);

/// Makes a socket fit that another process has opened and on which it listens. Returns its port.
/// `invalid` if it is not a TCP socket that listens.
Result<uint16_t> prepare_lent_listener(int listener);

/// A unix socket bound to a path. `remove` unlinks the path if it is still this socket.
struct LocalListener {
  FileDescriptor socket;
  std::string path;
  dev_t device = 0;
  ino_t inode = 0;
  void remove() const;
};

/// Listens at `path`. A stale socket there, on which nobody listens, is replaced; anything else
/// there is `unavailable`. The permissions are never wider than `permissions`.
Result<LocalListener> open_local_listener(const std::string& path, unsigned permissions);

/// Makes the kernel ignore new TCP connections to a listener, as if the packets that open them were
/// lost. Those in the backlog can still be accepted; closing a listener would reset them. Nothing
/// happens to a unix socket.
void refuse_new_connections(int listener);

/// The address without the port; an IPv4-mapped IPv6 address as IPv4; "local" for a unix socket.
std::string address_text(const sockaddr_storage& address);

}  // namespace esclusa::http
