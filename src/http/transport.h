#pragma once
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <span>
#include <string_view>

#include "http/tls_identity.h"

struct ssl_st;

namespace esclusa::http {

/// The bytes of one connection, as they are or through TLS. Nothing here waits: an operation says
/// what it wants to wait for, `wait` tells when that is there, and the same operation is called
/// again. The handshake is a part of the first read.
class Transport {
 public:
  using Socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol,
                                                  boost::asio::io_context::executor_type>;
  enum class State {
    done,         ///< `count` bytes, at least one of those that there were
    wants_read,   ///< come back when the socket has bytes
    wants_write,  ///< come back when the socket takes bytes
    at_end,       ///< the peer sends no more, and has said so
    not_tls,      ///< a client that does not speak TLS; `drop_tls` to answer it
    failed,       ///< of no more use
  };
  struct Transfer {
    size_t count = 0;  ///< with TLS also when the state is another than `done`
    State state = State::done;
  };

  /// `socket` does not block.
  explicit Transport(Socket socket);
  /// Speaks TLS, as the server.
  Transport(Socket socket, const TlsIdentity& identity);
  Transport(Transport&&) noexcept;
  ~Transport();

  bool secure() const { return tls_ != nullptr; }
  /// From now on bytes go as they are. After `not_tls`: what the client sent is still unread.
  void drop_tls();

  Transfer read_some(std::span<char> room);
  /// Writes both, one after the other. What is left over must be given again, unchanged.
  Transfer write_some(std::string_view first, std::string_view second = {});
  /// There are bytes that no `read_some` has given yet. They may be no more than TLS's own.
  bool has_unread() const;
  /// Says that nothing more comes; reads go on, but give raw bytes, to be thrown away. False: the
  /// connection is broken.
  bool finish_sending();
  /// Ends the connection; over TLS it says so, unless half an answer is out.
  void close();

  /// Calls `handler` when the operation that said `what` can go on.
  template <class Handler>
  void wait(State what, Handler handler) {
    // What is decrypted already makes no socket ready.
    if (what != State::wants_write && more_) {
      boost::asio::post(socket_.get_executor(), std::move(handler));
      return;
    }
    socket_.async_wait(what == State::wants_write ? Socket::wait_write : Socket::wait_read,
                       [handler = std::move(handler)](auto) mutable { handler(); });
  }

 private:
  struct FreeTls {
    void operator()(ssl_st* tls) const;
  };

  State look_at_first_byte();
  Transfer read_tls(std::span<char> room);
  Transfer write_tls(std::string_view first, std::string_view second);
  State state_after(int result);
  void say_goodbye();

  Socket socket_;
  std::unique_ptr<ssl_st, FreeTls> tls_;  // null: plain
  State held_ = State::done;              // of a read that had bytes to give before it
  bool more_ = false;                     // the next read has something at once
  bool seen_first_byte_ = false;
  bool broken_ = false;         // TLS must not be used any more
  bool write_pending_ = false;  // a record is half out
};

}  // namespace esclusa::http
