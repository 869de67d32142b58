#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/text.h"
#include "http/listening_socket.h"
#include "http/message.h"

/// For tests: a client that sends exactly the given bytes, and a bare listener.
namespace esclusa::http::testing {

/// A blocking connection. Every wait has a limit: a test that would hang fails instead.
class RawClient {
 public:
  /// `from`: the client's own address, one of the loopback network's.
  explicit RawClient(uint16_t port, const char* from = "127.0.0.1")
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    ENSURE(::inet_pton(AF_INET, from, &address.sin_addr) == 1);
    ENSURE(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connect(reinterpret_cast<sockaddr*>(&address), sizeof address);
  }
  explicit RawClient(const std::string& path)
      : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    connect(reinterpret_cast<sockaddr*>(&address), sizeof address);
  }
  /// Takes an accepted connection.
  explicit RawClient(FileDescriptor fd) : fd_(std::move(fd)) { bound_waiting(); }
  RawClient(RawClient&&) = default;
  virtual ~RawClient() = default;

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      ssize_t sent = write_piece(bytes);
      if (sent <= 0) return;  // the server may close early; the test checks its answer
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }
  void finish_sending() { ::shutdown(fd_.get(), SHUT_WR); }

  /// The next answer (or request), with its body by Content-Length. Status 0: the connection ended.
  Response read_answer(bool has_body = true) {
    while (buffer_.find("\r\n\r\n") == buffer_.npos) {
      if (!read_more()) return Response{0, {}, buffer_};
    }
    size_t head_end = buffer_.find("\r\n\r\n");
    first_line = buffer_.substr(0, buffer_.find("\r\n"));
    Response answer;
    answer.status = first_line.starts_with("HTTP/1.1 ") ? std::stoi(first_line.substr(9, 3)) : 200;
    for (std::string_view line : split(std::string_view(buffer_).substr(0, head_end), '\n')) {
      size_t colon = line.find(':');
      if (line.starts_with(first_line) || colon == line.npos) continue;
      answer.headers.add(line.substr(0, colon), std::string(trim(line.substr(colon + 1))));
    }
    buffer_.erase(0, head_end + 4);
    auto length = answer.headers.find("Content-Length");
    size_t body = has_body && length ? std::stoul(std::string(*length)) : 0;
    while (buffer_.size() < body && read_more()) {
    }
    answer.body = buffer_.substr(0, body);
    buffer_.erase(0, body);
    return answer;
  }
  Response ask(std::string_view bytes) {
    send(bytes);
    return read_answer();
  }
  /// The next chunk of a chunked body; empty: the last chunk, or the connection ended.
  std::string read_chunk() {
    while (buffer_.find("\r\n") == buffer_.npos) {
      if (!read_more()) return {};
    }
    const size_t head = buffer_.find("\r\n") + 2;
    const size_t size = std::stoul(buffer_, nullptr, 16);
    while (buffer_.size() < head + size + 2 && read_more()) {
    }
    std::string chunk = buffer_.substr(head, size);
    buffer_.erase(0, head + size + 2);
    return chunk;
  }
  /// Everything up to the end of the connection.
  std::string read_rest() {
    while (read_more()) {
    }
    return std::exchange(buffer_, {});
  }
  /// True if the peer closed the connection in any way and sent nothing more.
  bool at_end() {
    if (!buffer_.empty()) return false;
    char byte;
    ssize_t count = read_piece(&byte, 1);
    return count == 0 || (count < 0 && errno == ECONNRESET);
  }
  int fd() const { return fd_.get(); }
  /// Closes with a reset.
  void vanish() {
    linger reset{1, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    fd_ = FileDescriptor();
  }

  std::string first_line;

 protected:
  virtual ssize_t read_piece(char* room, size_t size) { return ::recv(fd_.get(), room, size, 0); }
  virtual ssize_t write_piece(std::string_view bytes) {
    return ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }

 private:
  void connect(const sockaddr* address, socklen_t size) {
    ENSURE(::connect(fd_.get(), address, size) == 0);
    bound_waiting();
  }
  void bound_waiting() {
    timeval time{20, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
  }
  bool read_more() {
    char piece[16 * 1024];
    ssize_t count = read_piece(piece, sizeof piece);
    if (count <= 0) return false;
    buffer_.append(piece, static_cast<size_t>(count));
    return true;
  }

  FileDescriptor fd_;
  std::string buffer_;
};

/// Listens on 127.0.0.1; the test itself writes the answers.
class RawListener {
 public:
  RawListener() {
    auto opened = open_tcp_listeners("127.0.0.1", 0);
    ENSURE(opened.has_value());
    fd_ = std::move(opened->sockets[0]);
    port = opened->port;
  }
  bool has_caller() {
    int fd = ::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    FileDescriptor closed(fd);
    return fd >= 0;
  }
  RawClient accept() {
    pollfd_wait();
    return RawClient(FileDescriptor(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC)));
  }
  std::string url(const std::string& path = "/") const {
    return "http://127.0.0.1:" + std::to_string(port) + path;
  }

  uint16_t port = 0;

 private:
  void pollfd_wait() {
    fd_set set;
    FD_ZERO(&set);
    FD_SET(fd_.get(), &set);
    timeval time{20, 0};
    ENSURE(::select(fd_.get() + 1, &set, nullptr, nullptr, &time) == 1);
  }
  FileDescriptor fd_;
};

}  // namespace esclusa::http::testing
