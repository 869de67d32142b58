#include "http/session.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <charconv>
#include <new>

#include "base/log.h"
#include "http/client_network.h"

namespace esclusa::http {
namespace {
namespace asio = boost::asio;
using State = Transport::State;

/// How long the body is, by the head; 0 if that does not say so.
size_t declared_length(const Request& request) {
  const std::string_view text = request.headers.find("Content-Length").value_or("");
  size_t length = 0;
  std::from_chars(text.data(), text.data() + text.size(), length);
  return length;
}
}  // namespace

Session::Session(SessionHost& host, Transport transport, std::string peer, Door door,
                 std::optional<uid_t> system_user)
    : host_(host),
      transport_(std::move(transport)),
      peer_(std::move(peer)),
      parser_(host.limits),
      entry_(*this, client_network(peer_), door == Door::network) {
  parser_.request().peer = peer_;
  parser_.request().door = door;
  parser_.request().system_user = system_user;
  parser_.request().secure = transport_.secure();
}

void Session::start() {
  place_ = host_.sessions.size();
  host_.sessions.push_back(shared_from_this());
  host_.session_count = host_.sessions.size();
  host_.accepted.add();
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
  host_.session_count = sessions.size();
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
    const bool is_sound = judge_head();
    if (step.refusal != 0 || !is_sound) {
      refuse(step.refusal != 0 ? step.refusal : 400);
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

/// Once the head is read: finds the client behind a proxy, for whom the connection counts until the
/// answer is sent. False if the proxy contradicts itself.
bool Session::judge_head() {
  if (head_is_judged_ || !parser_.head_complete()) return true;
  head_is_judged_ = true;
  Request& request = parser_.request();
  if (!apply_proxies(host_.proxies, request)) {
    log::warning(
        "a request was refused: what the proxy says of its client cannot be. It has to "
        "remove headers of clients that it does not set itself (docs/proxies.md)",
        {{"peer", peer_}});
    return false;
  }
  if (request.peer != peer_) host_.connections.set_owner(entry_, client_network(request.peer));
  return true;
}

/// Between two requests the connection is the proxy's own.
void Session::forget_client() {
  head_is_judged_ = false;
  Request& request = parser_.request();
  request.secure = transport_.secure();
  if (request.peer == peer_) return;
  request.peer = peer_;
  host_.connections.set_owner(entry_, client_network(peer_));
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
  const bool head_is_new =
      phase_ == Phase::reading && !head_was_complete_ && parser_.head_complete();
  if (head_is_new) {
    head_was_complete_ = true;
    host_.connections.set_idle(entry_, false);
    set_deadline(host_.limits.body_time);
  }
  if (phase_ == Phase::reading && !may_send_body()) {
    refuse(401);
    return;
  }
  if (head_is_new && parser_.expects_continue() && pending_.empty() &&
      parser_.request().body.empty()) {
    send_continue();
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

}  // namespace esclusa::http
