#include "http/transport.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "base/log.h"

namespace esclusa::http {
namespace {
namespace asio = boost::asio;
using boost::system::error_code;
using State = Transport::State;

State state_of(const error_code& error, State blocked) {
  if (!error) return State::done;
  if (error == asio::error::would_block || error == asio::error::interrupted) return blocked;
  return error == asio::error::eof ? State::at_end : State::failed;
}

}  // namespace

void Transport::FreeTls::operator()(ssl_st* tls) const { SSL_free(tls); }

Transport::Transport(Socket socket) : socket_(std::move(socket)) {}

Transport::Transport(Socket socket, const TlsIdentity& identity) : socket_(std::move(socket)) {
  tls_.reset(SSL_new(identity.context()));
  ENSURE(tls_ != nullptr);
  ENSURE(SSL_set_fd(tls_.get(), socket_.native_handle()) == 1);
  SSL_set_accept_state(tls_.get());
}

Transport::Transport(Transport&&) noexcept = default;
Transport::~Transport() = default;

void Transport::drop_tls() {
  tls_.reset();
  held_ = State::done;
  more_ = false;
}

Transport::Transfer Transport::read_some(std::span<char> room) {
  if (tls_) return read_tls(room);
  error_code error;
  size_t count = socket_.read_some(asio::buffer(room.data(), room.size()), error);
  return {count, state_of(error, State::wants_read)};
}

Transport::Transfer Transport::write_some(std::string_view first, std::string_view second) {
  if (tls_) return write_tls(first, second);
  std::array buffers{asio::buffer(first), asio::buffer(second)};
  error_code error;
  size_t count = socket_.write_some(buffers, error);
  State state = state_of(error, State::wants_write);
  const bool all = count == first.size() + second.size();
  return {count, state == State::done && !all ? State::wants_write : state};
}

// A TLS record never begins with a letter; a plain HTTP request always does. OpenSSL recognises
// only some methods, and would have consumed the bytes.
State Transport::look_at_first_byte() {
  char first = 0;
  ssize_t count = ::recv(socket_.native_handle(), &first, 1, MSG_PEEK);
  if (count == 0) return State::failed;
  if (count < 0) {
    const bool blocked = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    return blocked ? State::wants_read : State::failed;
  }
  seen_first_byte_ = true;
  return first >= 'A' && first <= 'Z' ? State::not_tls : State::done;
}

Transport::Transfer Transport::read_tls(std::span<char> room) {
  if (!seen_first_byte_) {
    if (State state = look_at_first_byte(); state != State::done) return {0, state};
  }
  size_t count = 0;
  State state = std::exchange(held_, State::done);
  more_ = false;
  while (state == State::done && count < room.size()) {
    ERR_clear_error();
    size_t got = 0;
    int result = SSL_read_ex(tls_.get(), room.data() + count, room.size() - count, &got);
    if (result != 1) {
      state = state_after(result);
    } else {
      count += got;
      if (SSL_has_pending(tls_.get()) == 0) return {count, State::done};
    }
  }
  if (count == 0) return {0, state};
  if (state != State::wants_read) {  // otherwise half a record is here; its rest wakes us
    held_ = state;
    more_ = true;
  }
  return {count, State::done};
}

// Fills each TLS record from both texts: a head alone in a record would cost a network packet.
// OpenSSL requires that a partly sent record is offered again with the same bytes. This holds,
// since the joined bytes depend only on what is left.
Transport::Transfer Transport::write_tls(std::string_view first, std::string_view second) {
  std::array<char, SSL3_RT_MAX_PLAIN_LENGTH> joined;
  size_t count = 0;
  while (!first.empty() || !second.empty()) {
    std::string_view record = (first.empty() ? second : first).substr(0, joined.size());
    if (!first.empty() && first.size() < joined.size() && !second.empty()) {
      std::string_view more = second.substr(0, joined.size() - first.size());
      std::memcpy(joined.data(), first.data(), first.size());
      std::memcpy(joined.data() + first.size(), more.data(), more.size());
      record = {joined.data(), first.size() + more.size()};
    }
    ERR_clear_error();
    size_t written = 0;
    int result = SSL_write_ex(tls_.get(), record.data(), record.size(), &written);
    if (result != 1) {
      write_pending_ = true;
      State state = state_after(result);
      return {count, state == State::at_end ? State::failed : state};
    }
    write_pending_ = false;
    count += written;
    size_t of_first = std::min(written, first.size());
    first.remove_prefix(of_first);
    second.remove_prefix(written - of_first);
  }
  return {count, State::done};
}

State Transport::state_after(int result) {
  switch (SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_WANT_READ: return State::wants_read;
    case SSL_ERROR_WANT_WRITE: return State::wants_write;
    case SSL_ERROR_ZERO_RETURN: return State::at_end;
    default: break;
  }
  broken_ = true;
  if (SSL_is_init_finished(tls_.get()) == 0) {
    const char* reason = ERR_reason_error_string(ERR_peek_last_error());
    log::debug("a TLS handshake failed", {{"error", reason != nullptr ? reason : "hung up"}});
  }
  return State::failed;
}

bool Transport::has_unread() const {
  error_code error;
  return more_ || socket_.available(error) > 0;
}

void Transport::send_close_notify() {
  if (!tls_ || broken_ || write_pending_ || SSL_is_init_finished(tls_.get()) == 0) return;
  ERR_clear_error();
  SSL_shutdown(tls_.get());  // close_notify; best effort if the socket is full
}

bool Transport::finish_sending() {
  send_close_notify();
  drop_tls();
  error_code error;
  socket_.shutdown(Socket::shutdown_send, error);
  return !error;
}

void Transport::close() {
  send_close_notify();
  drop_tls();
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace esclusa::http
