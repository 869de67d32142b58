#include "http/session.h"

#include <boost/asio/post.hpp>

#include <new>

#include "base/check.h"
#include "base/exhaustion.h"
#include "base/log.h"

namespace esclusa::http {
namespace {
namespace asio = boost::asio;
using State = Transport::State;

/// How long a closing connection is still read, so that the peer gets the answer: closing with
/// unread bytes sends a reset, which may overtake the answer (RFC 9112, 9.6).
constexpr auto linger_time = std::chrono::seconds(2);
}  // namespace

Session::Session(SessionHost& host, Transport transport, std::string peer, Door door)
    : host_(host), transport_(std::move(transport)), parser_(host.limits) {
  parser_.request().peer = std::move(peer);
  parser_.request().door = door;
  parser_.request().secure = transport_.secure();
}

void Session::start() {
  place_ = host_.sessions.size();
  host_.sessions.push_back(shared_from_this());
  set_deadline(host_.limits.header_time);  // includes the TLS handshake
  wait_readable();
}

void Session::set_deadline(std::chrono::milliseconds time) {
  deadline_ = std::chrono::steady_clock::now() + time;
}

void Session::check_deadline(Time now) {
  if (now < deadline_) return;
  switch (phase_) {
    case Phase::handling:
    case Phase::streaming:  // its writer keeps it alive, and ends it
    case Phase::closed: return;
    case Phase::reading: refuse(408); return;
    case Phase::idle:
    case Phase::writing:
    case Phase::lingering: close(); return;
  }
}

void Session::end_if_idle() {
  if (stream_) stream_->ask_to_end();
  // A request that has already arrived is still answered.
  if (phase_ == Phase::idle && !transport_.has_unread()) close();
}

void Session::close() {
  if (phase_ == Phase::closed) return;
  auto self = shared_from_this();
  phase_ = Phase::closed;
  if (stream_) stream_->close();
  transport_.close();
  auto& sessions = host_.sessions;
  sessions.back()->place_ = place_;
  std::swap(sessions[place_], sessions.back());
  sessions.pop_back();
  host_.on_session_end();
}

// Waits first and then reads into the shared buffer, so that an idle connection needs no buffer.
void Session::wait_readable(State what) {
  if (waiting_for_bytes_) return;
  waiting_for_bytes_ = true;
  transport_.wait(what, [self = shared_from_this()] {
    self->waiting_for_bytes_ = false;
    self->run(&Session::on_readable);
  });
}

/// If there is no memory for a connection, it is closed, and the others continue.
void Session::run(void (Session::*step)()) {
  try {
    (this->*step)();
  } catch (const std::bad_alloc&) {
    log::error("a connection was closed: there is no more memory");
    close();
  }
}

void Session::on_readable() {
  if (phase_ == Phase::handling || phase_ == Phase::writing || phase_ == Phase::closed) return;
  Transport::Transfer got = transport_.read_some(host_.read_buffer);
  switch (got.state) {
    case State::done: break;
    case State::wants_read:
    case State::wants_write:
      // The bytes that had arrived when the server stopped were only TLS's own.
      if (host_.stopping && phase_ == Phase::idle) return close();
      return wait_readable(got.state);
    case State::at_end:
      if (phase_ != Phase::reading) return close();
      refuse(400);  // half a request; the client may have closed only its sending half
      return;
    case State::not_tls: return refuse_plain_http();
    case State::failed: return close();
  }
  if (phase_ == Phase::lingering) return wait_readable();
  if (phase_ == Phase::streaming) return keep_for_later({host_.read_buffer.data(), got.count});
  consume({host_.read_buffer.data(), got.count});
}

// While a stream is sent, reading shows whether the client has gone. Any bytes are its next
// request.
void Session::keep_for_later(std::string_view bytes) {
  pending_ += bytes;
  if (pending_.size() < host_.limits.header_bytes) wait_readable();
}

void Session::consume(std::string_view bytes) {
  std::string joined;
  if (!pending_.empty()) {
    joined.swap(pending_);
    joined += bytes;
    bytes = joined;
  }
  while (!bytes.empty()) {
    RequestParser::Step step = parser_.feed(bytes);
    bytes.remove_prefix(step.used);
    if (step.refusal != 0) {
      refuse(step.refusal);
      return;
    }
    if (!step.complete) break;
    if (serve()) continue;
    // Until the answer is sent, other sessions use the shared buffer.
    const bool answering =
        phase_ == Phase::handling || phase_ == Phase::writing || phase_ == Phase::streaming;
    if (answering) pending_ = bytes;
    return;
  }
  pending_ = bytes;
  wait_for_rest();
}

void Session::wait_for_rest() {
  if (phase_ == Phase::idle && parser_.started()) {
    phase_ = Phase::reading;
    set_deadline(host_.limits.header_time);
  }
  if (phase_ == Phase::reading && !head_was_complete_ && parser_.head_complete()) {
    head_was_complete_ = true;
    set_deadline(host_.limits.body_time);
    if (parser_.expects_continue() && pending_.empty() && parser_.request().body.empty()) {
      send_continue();
    }
  }
  if (phase_ != Phase::closed) wait_readable();
}

void Session::send_continue() {
  constexpr std::string_view text = "HTTP/1.1 100 Continue\r\n\r\n";
  // All earlier bytes were written, so this fits unless the client reads nothing at all.
  if (transport_.write_some(text).count != text.size()) close();
}

bool Session::serve() {
  const Request& request = parser_.request();
  close_after_ = !parser_.keep_alive();
  bool may_block = true;
  try {
    may_block = host_.service.may_block(request);
  } catch (const std::exception& error) {
    log::error("may_block failed", {{"error", error.what()}});
  }
  if (!may_block) return answer(handle());

  phase_ = Phase::handling;
  bool queued = false;
  try {
    queued = host_.pool.submit([self = shared_from_this()]() mutable {
      self->response_ = self->handle();
      asio::io_context& io = self->host_.io;
      asio::post(io, [session = std::move(self)] { session->run(&Session::on_handled); });
    });
  } catch (const std::bad_alloc&) {
    log::error("a request was refused: there is no more memory");
  }
  return queued ? false : answer(refusal(503));
}

Response Session::handle() {
  const Request& request = parser_.request();
  try {
    Response response = host_.service.handle(request);
    ENSURE(response.status >= 200 && response.status <= 599);
    return response;
  } catch (const std::exception& error) {
    if (is_exhaustion(error)) {
      log::error("a request was refused: there are no more memory, threads or descriptors");
      return refusal(503);
    }
    log::error("a request failed",
               {{"method", request.method}, {"path", request.path()}, {"error", error.what()}});
  } catch (...) {
    log::error("a request failed", {{"method", request.method}, {"path", request.path()}});
  }
  return refusal(500);
}

Response Session::refusal(int status) {
  try {
    return host_.service.refuse(parser_.request(), status);
  } catch (const std::bad_alloc&) {
    return Response{status, {}, {}};
  } catch (const std::exception& error) {
    log::error("refuse failed", {{"error", error.what()}});
    return Response{status, {}, {}};
  }
}

bool Session::refuse(int status) {
  close_after_ = true;
  refused_ = true;
  return answer(refusal(status));
}

// The request is not read: it came unencrypted and may contain a token.
void Session::refuse_plain_http() {
  transport_.drop_tls();
  parser_.request().secure = false;
  close_after_ = true;
  refused_ = true;
  answer({400,
          {{"Content-Type", "text/plain; charset=utf-8"}},
          "This port speaks HTTPS: use an address that begins with https://\n"});
}

void Session::on_handled() {
  if (phase_ == Phase::closed) {
    if (response_.stream) response_.stream->close();
    return;
  }
  if (answer(std::move(response_))) consume({});
}

bool Session::answer(Response response) {
  close_after_ = close_after_ || host_.stopping;
  Framing framing = Framing::length;
  if (response.stream) {
    framing = parser_.is_http_1_0() ? Framing::until_close : Framing::chunked;
    close_after_ = close_after_ || framing == Framing::until_close;
  }
  auto connection = close_after_            ? ConnectionField::close
                    : parser_.is_http_1_0() ? ConnectionField::keep_alive
                                            : ConnectionField::none;
  host_.head.clear();
  append_response_head(host_.head, response, host_.date.now(), connection, framing);
  if (parser_.request().method == "HEAD" || is_bodiless(response.status)) {
    response.body.clear();
    if (response.stream) std::exchange(response.stream, nullptr)->close();
  }
  if (response.stream) {
    is_chunked_ = framing == Framing::chunked;
    attach_stream(std::move(response.stream));
  }

  Transport::Transfer sent = transport_.write_some(host_.head, response.body);
  if (sent.state == State::failed) {
    close();
    return false;
  }
  if (sent.state == State::done) return after_sending();
  rest_head_ = host_.head;
  rest_body_ = std::move(response.body);
  rest_sent_ = sent.count;
  set_deadline(host_.limits.write_time);
  wait_writable(sent.state);
  return false;
}

void Session::wait_writable(State what) {
  phase_ = Phase::writing;
  transport_.wait(what, [self = shared_from_this()] { self->run(&Session::on_writable); });
}

void Session::attach_stream(std::shared_ptr<BodyStream> stream) {
  stream_ = std::move(stream);
  stream_->attach([&io = host_.io, weak = weak_from_this()] {
    asio::post(io, [weak] {
      if (auto session = weak.lock()) session->run(&Session::on_stream);
    });
  });
  if (host_.stopping) stream_->ask_to_end();
}

bool Session::after_sending() { return stream_ ? continue_stream() : after_answer(); }

/// Sends the available bytes of the stream.
bool Session::continue_stream() {
  for (;;) {
    BodyStream::Piece piece = stream_->take();
    if (piece.bytes.empty() && !piece.is_last) {
      phase_ = Phase::streaming;
      wait_readable();
      return false;
    }
    if (is_chunked_) {
      if (!piece.bytes.empty()) {
        rest_head_ = chunk_head(piece.bytes.size());
        piece.bytes += "\r\n";
      }
      if (piece.is_last && !piece.is_aborted) piece.bytes += "0\r\n\r\n";
    }
    if (piece.is_last) {
      std::exchange(stream_, nullptr)->close();
      close_after_ = close_after_ || host_.stopping || piece.is_aborted;
    }
    rest_body_ = std::move(piece.bytes);
    rest_sent_ = 0;
    set_deadline(host_.limits.write_time);
    if (!write_rest()) return false;
    if (!stream_) return after_answer();
  }
}

void Session::on_stream() {
  if (phase_ == Phase::streaming && continue_stream()) consume({});
}

/// True if `rest_head_` and `rest_body_` are completely sent; otherwise sending continues by
/// itself.
bool Session::write_rest() {
  const size_t head_sent = std::min(rest_sent_, rest_head_.size());
  Transport::Transfer sent =
      transport_.write_some(std::string_view(rest_head_).substr(head_sent),
                            std::string_view(rest_body_).substr(rest_sent_ - head_sent));
  if (sent.state == State::failed) {
    close();
    return false;
  }
  rest_sent_ += sent.count;
  if (sent.state == State::done) {
    rest_head_ = std::string();
    rest_body_ = std::string();
    return true;
  }
  if (sent.count > 0) set_deadline(host_.limits.write_time);
  wait_writable(sent.state);
  return false;
}

void Session::on_writable() {
  if (phase_ == Phase::writing && write_rest() && after_sending()) consume({});
}

bool Session::after_answer() {
  if (close_after_) {
    linger();
    return false;
  }
  phase_ = Phase::idle;
  head_was_complete_ = false;
  parser_.restart();
  set_deadline(host_.limits.idle_time);
  return true;
}

void Session::linger() {
  bool unread = refused_ || transport_.has_unread();
  if (!unread || !transport_.finish_sending()) return close();
  phase_ = Phase::lingering;
  pending_ = std::string();
  set_deadline(linger_time);
  wait_readable();
}

}  // namespace esclusa::http
