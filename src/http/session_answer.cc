#include <boost/asio/post.hpp>

#include <new>

#include "base/check.h"
#include "base/exhaustion.h"
#include "base/log.h"
#include "http/session.h"

// How a session answers: session.cc has how it reads.

namespace esclusa::http {
namespace {
namespace asio = boost::asio;
using State = Transport::State;

/// How long a closing connection is still read, so that the peer gets the answer: closing with
/// unread bytes sends a reset, which may overtake the answer (RFC 9112, 9.6).
constexpr auto linger_time = std::chrono::seconds(2);
}  // namespace

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
  set_deadline(host_.limits.lanes[index_of(lane_)].time);
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
    response.clear_body();
    if (response.stream) std::exchange(response.stream, nullptr)->close();
  }
  const SharedText whole_body = response.whole_body();
  if (!whole_body && !response.parts.empty()) {
    // Gathered in the buffer that every answer uses: it is in the processor's cache.
    host_.head += response.body;
    for (const SharedText& part : response.parts) host_.head += *part;
    response.clear_body();
  }
  if (response.stream) {
    is_chunked_ = framing == Framing::chunked;
    attach_stream(std::move(response.stream));
  }

  Transport::Transfer sent =
      transport_.write_some(host_.head, whole_body ? *whole_body : response.body);
  if (sent.state == State::failed) {
    close();
    return false;
  }
  if (sent.state == State::done) return after_sending();
  rest_head_ = host_.head;
  rest_body_ = whole_body ? *whole_body : std::move(response.body);
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
  forget_client();
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
  set_deadline(host_.stopping ? host_.limits.stop_head_time : linger_time);
  wait_readable();
}

}  // namespace esclusa::http
