#pragma once
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "http/body_stream.h"
#include "http/request_parser.h"
#include "http/response_head.h"
#include "http/server.h"
#include "http/transport.h"
#include "http/worker_pool.h"

namespace esclusa::http {

class Session;

/// The state that the sessions of one server share. Except for `service` and `pool`, only the I/O
/// thread uses it.
struct SessionHost {
  SessionHost(Service handlers, size_t worker_threads, const ServerLimits& bounds)
      : service(std::move(handlers)),
        limits(bounds),
        pool(worker_threads, bounds.queued_requests) {}

  const Service service;
  const ServerLimits limits;
  boost::asio::io_context io{1};
  WorkerPool pool;
  std::vector<std::shared_ptr<Session>> sessions;
  bool stopping = false;
  std::function<void()> on_session_end;
  // One buffer for all sessions: a session keeps bytes of its own only between two turns.
  std::vector<char> read_buffer = std::vector<char>(64 * 1024);
  std::string head;
  DateCache date;
};

/// One connection, TCP or unix, plain or TLS. It waits for bytes, reads a request, gets the answer,
/// sends it, and starts again:
///
///   idle → reading → (handling) → (writing ↔ streaming) → idle … → lingering → closed
///
/// No operation has a timer: the server checks `deadline` periodically. Only the I/O thread calls
/// these functions; while a request is on the pool, the session does not touch it.
class Session : public std::enable_shared_from_this<Session> {
 public:
  using Time = std::chrono::steady_clock::time_point;

  Session(SessionHost& host, Transport transport, std::string peer, Door door);

  /// Adds itself to the host's list and waits for the first request.
  void start();
  /// If the deadline has passed, closes the connection or refuses with 408.
  void check_deadline(Time now);
  /// Called when the server stops: an idle connection closes, and a stream is asked to end.
  void end_if_idle();
  void close();

 private:
  /// `streaming`: all bytes of the body so far are sent, and more will follow.
  enum class Phase { idle, reading, handling, writing, streaming, lingering, closed };

  void run(void (Session::*step)());
  void wait_readable(Transport::State what = Transport::State::wants_read);
  void on_readable();
  void consume(std::string_view bytes);
  void wait_for_rest();
  void send_continue();

  // Each returns true if the answer is sent and the next request may be read.
  bool serve();
  bool refuse(int status);
  void refuse_plain_http();
  bool answer(Response response);
  bool after_sending();
  bool continue_stream();
  bool after_answer();

  Response handle();
  Response refusal(int status);
  void on_handled();
  void attach_stream(std::shared_ptr<BodyStream> stream);
  void on_stream();
  void keep_for_later(std::string_view bytes);
  bool write_rest();
  void wait_writable(Transport::State what);
  void on_writable();
  void linger();
  void set_deadline(std::chrono::milliseconds time);

  SessionHost& host_;
  Transport transport_;
  RequestParser parser_;
  Phase phase_ = Phase::idle;
  bool waiting_for_bytes_ = false;
  bool head_was_complete_ = false;
  bool close_after_ = false;
  bool refused_ = false;
  Time deadline_;
  std::string pending_;                 // read, but not parsed yet
  Response response_;                   // from the pool
  std::shared_ptr<BodyStream> stream_;  // of the present answer, until its last piece
  std::string rest_head_;               // not yet sent: the socket's buffer was full
  std::string rest_body_;
  size_t rest_sent_ = 0;  // bytes sent of both together
  bool is_chunked_ = false;
  size_t place_ = 0;  // index in host_.sessions
};

}  // namespace esclusa::http
