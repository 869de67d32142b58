#include "http/session.h"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>

#include "base/check.h"
#include "base/log.h"

namespace esclusa::http {
namespace {
namespace asio = boost::asio;
using boost::system::error_code;

/// How long a closing connection is read on, so that the peer can take the answer: closing with
/// unread bytes would send a reset, which may overtake it (RFC 9112, 9.6).
constexpr auto linger_time = std::chrono::seconds(2);

bool would_block(const error_code& error) {
  return error == asio::error::would_block || error == asio::error::interrupted;
}
}  // namespace

Session::Session(SessionHost& host, Socket socket, std::string peer, Door door)
    : host_(host), socket_(std::move(socket)), parser_(host.limits) {
  parser_.request().peer = std::move(peer);
  parser_.request().door = door;
}

void Session::start() {
  place_ = host_.sessions.size();
  host_.sessions.push_back(shared_from_this());
  set_deadline(host_.limits.header_time);
  wait_readable();
}

void Session::set_deadline(std::chrono::milliseconds time) {
  deadline_ = std::chrono::steady_clock::now() + time;
}

void Session::check_deadline(Time now) {
  if (now < deadline_) return;
  switch (phase_) {
    case Phase::handling:
    case Phase::closed: return;
    case Phase::reading: refuse(408); return;
    case Phase::idle:
    case Phase::writing:
    case Phase::lingering: close(); return;
  }
}

void Session::end_if_idle() {
  error_code ignored;
  // A request that has arrived already is still answered.
  if (phase_ == Phase::idle && socket_.available(ignored) == 0) close();
}

void Session::close() {
  if (phase_ == Phase::closed) return;
  auto self = shared_from_this();
  phase_ = Phase::closed;
  error_code ignored;
  socket_.close(ignored);
  auto& sessions = host_.sessions;
  sessions.back()->place_ = place_;
  std::swap(sessions[place_], sessions.back());
  sessions.pop_back();
  host_.on_session_end();
}

// Waiting and then reading into the shared buffer keeps an idle connection without a buffer.
void Session::wait_readable() {
  if (waiting_for_bytes_) return;
  waiting_for_bytes_ = true;
  socket_.async_wait(Socket::wait_read, [self = shared_from_this()](error_code) {
    self->waiting_for_bytes_ = false;
    self->on_readable();
  });
}

void Session::on_readable() {
  if (phase_ != Phase::idle && phase_ != Phase::reading && phase_ != Phase::lingering) return;
  error_code error;
  size_t count = socket_.read_some(asio::buffer(host_.read_buffer), error);
  if (would_block(error)) return wait_readable();
  if (error == asio::error::eof && phase_ == Phase::reading) {
    refuse(400);  // half a request; the client may have closed its own direction only
    return;
  }
  if (error) return close();
  if (phase_ == Phase::lingering) return wait_readable();
  consume({host_.read_buffer.data(), count});
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
    // Until the answer is out, other sessions use the shared buffer.
    if (phase_ == Phase::handling || phase_ == Phase::writing) pending_ = bytes;
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
  error_code error;
  // Everything before it is written, so it fits, unless the client reads nothing at all.
  size_t sent = socket_.write_some(asio::buffer(text), error);
  if (error || sent != text.size()) close();
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
  bool queued = host_.pool.submit([self = shared_from_this()]() mutable {
    self->response_ = self->handle();
    asio::io_context& io = self->host_.io;
    asio::post(io, [session = std::move(self)] { session->on_handled(); });
  });
  return queued ? false : answer(refusal(503));
}

Response Session::handle() {
  const Request& request = parser_.request();
  try {
    Response response = host_.service.handle(request);
    ENSURE(response.status >= 200 && response.status <= 599);
    return response;
  } catch (const std::exception& error) {
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

void Session::on_handled() {
  if (phase_ == Phase::closed) return;
  if (answer(std::move(response_))) consume({});
}

bool Session::answer(Response response) {
  close_after_ = close_after_ || host_.stopping;
  auto connection = close_after_            ? ConnectionField::close
                    : parser_.is_http_1_0() ? ConnectionField::keep_alive
                                            : ConnectionField::none;
  host_.head.clear();
  append_response_head(host_.head, response, host_.date.now(), connection);
  if (parser_.request().method == "HEAD" || is_bodiless(response.status)) response.body.clear();

  std::array buffers{asio::buffer(host_.head), asio::buffer(response.body)};
  error_code error;
  size_t sent = socket_.write_some(buffers, error);
  if (error && !would_block(error)) {
    close();
    return false;
  }
  if (sent == host_.head.size() + response.body.size()) return after_answer();
  rest_head_ = host_.head;
  rest_body_ = std::move(response.body);
  rest_sent_ = sent;
  phase_ = Phase::writing;
  set_deadline(host_.limits.write_time);
  wait_writable();
  return false;
}

void Session::wait_writable() {
  socket_.async_wait(Socket::wait_write,
                     [self = shared_from_this()](error_code) { self->on_writable(); });
}

void Session::on_writable() {
  if (phase_ != Phase::writing) return;
  size_t head_sent = std::min(rest_sent_, rest_head_.size());
  std::array buffers{asio::buffer(rest_head_) + head_sent,
                     asio::buffer(rest_body_) + (rest_sent_ - head_sent)};
  error_code error;
  size_t sent = socket_.write_some(buffers, error);
  if (error && !would_block(error)) return close();
  rest_sent_ += sent;
  if (sent > 0) set_deadline(host_.limits.write_time);
  if (rest_sent_ < rest_head_.size() + rest_body_.size()) return wait_writable();
  rest_head_ = std::string();
  rest_body_ = std::string();
  if (after_answer()) consume({});
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
  error_code error;
  bool unread = refused_ || socket_.available(error) > 0;
  if (!unread || error) return close();
  socket_.shutdown(Socket::shutdown_send, error);
  if (error) return close();
  phase_ = Phase::lingering;
  pending_ = std::string();
  set_deadline(linger_time);
  wait_readable();
}

}  // namespace esclusa::http
