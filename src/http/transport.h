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

/// The bytes of one connection, plain or through TLS. Nothing here waits: an operation returns what
/// it needs, `wait` calls back when that is possible, and the same operation is called again. The
/// TLS handshake is part of the first read.
class Transport {
 public:
  using Socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol,
                                                  boost::asio::io_context::executor_type>;
  enum class State {
    done,         ///< `count` bytes, at least one if there were any
    wants_read,   ///< call again when the socket is readable
    wants_write,  ///< call again when the socket is writable
    at_end,       ///< the peer has ended its direction in the proper way
    not_tls,      ///< the client does not speak TLS; `drop_tls` to answer it
    failed,       ///< the connection is unusable
  };
  struct Transfer {
    size_t count = 0;  ///< with TLS also valid in states other than `done`
    State state = State::done;
  };

  /// `socket` must be non-blocking.
  explicit Transport(Socket socket);
  /// Speaks TLS, in the role of the server.
  Transport(Socket socket, const TlsIdentity& identity);
  Transport(Transport&&) noexcept;
  ~Transport();

  bool secure() const { return tls_ != nullptr; }
  /// Continues without TLS. After `not_tls`, the client's bytes are still unread.
  void drop_tls();

  Transfer read_some(std::span<char> room);
  /// Writes both texts, one after the other. The unsent rest must be passed again, unchanged.
  Transfer write_some(std::string_view first, std::string_view second = {});
  /// Whether there are bytes that no `read_some` has returned yet. They may be TLS protocol only.
  bool has_unread() const;
  /// Tells the peer that nothing more follows. Reads are still possible, but return raw bytes,
  /// which must be discarded. False if the connection is broken.
  bool finish_sending();
  /// Closes the connection; over TLS with close_notify, unless an answer is only half sent.
  void close();

  /// Calls `handler` when the operation that returned `what` can continue.
  template <class Handler>
  void wait(State what, Handler handler) {
    // Bytes that are already decrypted do not make the socket readable.
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
  void send_close_notify();

  Socket socket_;
  std::unique_ptr<ssl_st, FreeTls> tls_;  // null: no TLS
  State held_ = State::done;              // the state after the bytes that the last read returned
  bool more_ = false;                     // the next read returns something at once
  bool seen_first_byte_ = false;
  bool broken_ = false;         // the TLS connection must not be used any more
  bool write_pending_ = false;  // a record is partly sent
};

}  // namespace esclusa::http
