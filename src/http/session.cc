#include "http/session.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <charconv>
#include <new>

#include "base/check.h"
#include "base/exhaustion.h"
#include "base/log.h"
#include "http/client_network.h"

namespace esclusa::http {
namespace {
namespace asio = boost::asio;
using State = Transport::State;

/// How long a closing connection is still read, so that the peer gets the answer: closing with
/// unread bytes sends a reset, which may overtake the answer (RFC 9112, 9.6).
constexpr auto linger_time = std::chrono::seconds(2);

/// How long the body is, by the head; 0 if that does not say so.
size_t declared_length(const Request& request) {
  const std::string_view text = request.headers.find("Content-Length").value_or("");
  size_t length = 0;
  std::from_chars(text.data(), text.data() + text.size(), length);
  return length;
}
}  // namespace

Session::Session(SessionHost& host, Transport transport, std::string peer, Door door)
    : host_(host),
      transport_(std::move(transport)),
      parser_(host.limits),
      entry_(*this, client_network(peer), door == Door::network) {
  parser_.request().peer = std::move(peer);
  parser_.request().door = door;
  parser_.request().secure = transport_.secure();
}

void Session::start() {
  place_ = host_.sessions.size();
  host_.sessions.push_back(shared_from_this());
  host_.connections.add(entry_);
  set_deadline(host_.head_time());  // includes the TLS handshake
  wait_readable();
}

void Session::set_deadline(std::chrono::milliseconds time) {
  deadline_ = std::chrono::steady_clock::now() + time;
}

void Session::check_deadline(Time now) {
  if (now < deadline_) return;
  switch (phase_) {
    case Phase::handling: give_up(); return;
    case Phase::streaming:  // its writer keeps it alive, and ends it
    case Phase::closed: return;
    case Phase::reading: refuse(408); return;
    case Phase::idle:
    case Phase::writing:
    case Phase::lingering: close(); return;
  }
}

void Session::end_soon() {
  if (stream_) stream_->ask_to_end();
  // A request that is on its way is still answered.
  const bool has_no_head = phase_ == Phase::reading && !head_was_complete_;
  if (phase_ != Phase::idle && !has_no_head) return;
  deadline_ = std::min(deadline_, std::chrono::steady_clock::now() + host_.limits.stop_head_time);
}

bool Session::can_free_bytes() const {
  return entry_.buffered() > 0 &&
         (phase_ == Phase::reading || phase_ == Phase::writing || phase_ == Phase::streaming);
}

void Session::give_way() {
  auto self = shared_from_this();
  if (phase_ == Phase::reading) refuse(503);
  if (phase_ != Phase::lingering) return close();
  parser_.request().body = std::string();
  count_buffers();
}

/// Counts what this connection buffers. Beyond the server's limit, a connection of the client that
/// buffers the most gives way, which may be this one.
void Session::count_buffers() {
  const size_t bytes = parser_.request().body.capacity() + pending_.capacity() + rest_head_.size() +
                       rest_body_.size() + (stream_ ? stream_->size() : 0);
  const size_t before = entry_.buffered();
  host_.connections.set_buffered(entry_, bytes);
  if (bytes <= before) return;
  while (!host_.connections.has_room_for_bytes()) {
    Session* other = host_.connections.who_frees_for(entry_.owner());
    if (other == nullptr) return;
    log::warning("a connection gave way: too many bytes are buffered",
                 {{"peer", other->parser_.request().peer}});
    other->give_way();
  }
}

void Session::close() {
  if (phase_ == Phase::closed) return;
  auto self = shared_from_this();
  phase_ = Phase::closed;
  if (stream_) stream_->close();
  transport_.close();
  host_.connections.remove(entry_);
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
    case State::wants_write: return wait_readable(got.state);
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
  count_buffers();
  if (phase_ == Phase::streaming && pending_.size() < host_.limits.header_bytes) wait_readable();
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
    const bool is_answered = serve();
    // Until its next turn, other sessions use the shared buffer.
    const bool goes_on = is_answered || phase_ == Phase::handling || phase_ == Phase::writing ||
                         phase_ == Phase::streaming;
    if (goes_on) pending_ = bytes;
    if (is_answered && !bytes.empty()) return wait_for_turn();
    if (is_answered) break;
    return;
  }
  pending_ = bytes;
  wait_for_rest();
}

/// One request is answered, and another has arrived: first it is the others' turn.
void Session::wait_for_turn() {
  asio::post(host_.io, [self = shared_from_this()] { self->run(&Session::on_turn); });
}

void Session::on_turn() {
  if (phase_ == Phase::idle) consume({});
}

void Session::wait_for_rest() {
  if (phase_ == Phase::idle && parser_.started()) {
    phase_ = Phase::reading;
    set_deadline(host_.head_time());
  }
  if (phase_ == Phase::reading && !head_was_complete_ && parser_.head_complete()) {
    head_was_complete_ = true;
    host_.connections.set_idle(entry_, false);
    set_deadline(host_.limits.body_time);
    if (may_send_body() && parser_.expects_continue() && pending_.empty() &&
        parser_.request().body.empty()) {
      send_continue();
    }
  }
  if (phase_ == Phase::reading && !may_send_body()) {
    refuse(401);
    return;
  }
  count_buffers();
  if (phase_ == Phase::idle || phase_ == Phase::reading) wait_readable();
}

/// Only who has authenticated may send a large body.
bool Session::may_send_body() {
  const Request& request = parser_.request();
  if (may_send_much_ || !host_.service.may_send_much) return true;
  if (std::max(request.body.size(), declared_length(request)) <= limits::early_body_bytes) {
    return true;
  }
  try {
    may_send_much_ = host_.service.may_send_much(request);
  } catch (const std::exception& error) {
    log::error("a large body was refused", {{"error", error.what()}});
  }
  return may_send_much_;
}

void Session::send_continue() {
  constexpr std::string_view text = "HTTP/1.1 100 Continue\r\n\r\n";
  // All earlier bytes were written, so this fits unless the client reads nothing at all.
  if (transport_.write_some(text).count != text.size()) close();
}

bool Session::serve() {
  close_after_ = !parser_.keep_alive();
  try {
    plan_ = host_.service.plan(parser_.request());
  } catch (...) {
    return answer(failed());
  }
  if (plan_.lane == Lane::loop) return answer(handle());
  return start_on_lane();
}

bool Session::start_on_lane() {
  phase_ = Phase::handling;
  host_.connections.set_idle(entry_, false);
  lane_ = plan_.lane;
  set_deadline(host_.limits.lanes[static_cast<size_t>(lane_) - 1].time);
  std::optional<WorkerPool::Ticket> ticket;
  try {
    auto self = shared_from_this();
    ticket = host_.pool(lane_).submit(
        {.owner = plan_.owner.empty() ? entry_.owner() : plan_.owner,
         .place = plan_.place,
         .run =
             [self]() mutable {
               self->response_ = self->handle();
               asio::io_context& io = self->host_.io;
               asio::post(io, [session = std::move(self)] { session->run(&Session::on_handled); });
             },
         .refuse =
             [self] {
               asio::post(self->host_.io, [self] { self->run(&Session::on_displaced); });
             }});
  } catch (const std::bad_alloc&) {
    log::error("a request was refused: there is no more memory");
  }
  if (!ticket) return answer(refusal(503));
  ticket_ = *ticket;
  return false;
}

Response Session::handle() {
  try {
    Response response = std::exchange(plan_, {}).answer();
    ENSURE(response.status >= 200 && response.status <= 599);
    return response;
  } catch (...) {
    return failed();
  }
}

/// The answer after an exception, called where that was caught.
Response Session::failed() {
  const Request& request = parser_.request();
  try {
    throw;
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

/// The request takes too long. If it runs already, its answer will be dropped, and the connection
/// ends: the lane still uses the request.
void Session::give_up() {
  if (host_.pool(lane_).withdraw(ticket_)) {
    plan_ = {};
  } else {
    given_up_ = close_after_ = true;
  }
  log::warning("a request took too long, and was answered with 503",
               {{"method", parser_.request().method}, {"path", parser_.request().path()}});
  if (answer(refusal(503))) consume({});
}

/// The lane is full, and others have fewer requests there.
void Session::on_displaced() {
  if (phase_ != Phase::handling || given_up_) return;
  plan_ = {};
  if (answer(refusal(503))) consume({});
}

void Session::on_handled() {
  if (phase_ == Phase::closed || given_up_) {
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
  progress_ = 0;
  set_deadline(host_.limits.write_time);
  wait_writable(sent.state);
  count_buffers();
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
    rest_sent_ = progress_ = 0;
    set_deadline(host_.limits.write_time);
    if (!write_rest()) return false;
    if (!stream_) return after_answer();
  }
}

void Session::on_stream() {
  if (phase_ != Phase::streaming && phase_ != Phase::writing) return;
  count_buffers();
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
  progress_ += sent.count;
  if (progress_ >= host_.limits.write_progress_bytes) {
    progress_ = 0;
    set_deadline(host_.limits.write_time);
  }
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
  head_was_complete_ = may_send_much_ = false;
  parser_.restart();
  host_.connections.set_idle(entry_, true);
  count_buffers();
  set_deadline(host_.stopping ? host_.limits.stop_head_time : host_.limits.idle_time);
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
