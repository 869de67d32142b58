#pragma once
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/figures.h"
#include "http/body_stream.h"
#include "http/connections.h"
#include "http/request_parser.h"
#include "http/response_head.h"
#include "http/server.h"
#include "http/transport.h"
#include "http/worker_pool.h"

namespace esclusa::http {

class Session;

/// The state that the sessions of one server share. Except for `service` and `lanes`, only the I/O
/// thread uses it.
struct SessionHost {
  SessionHost(Service handlers, const ServerLimits& bounds)
      : service(std::move(handlers)),
        limits(bounds),
        connections(bounds.connection_count, bounds.buffer_bytes) {
    for (const LaneLimits& lane : bounds.lanes) lanes.emplace_back(lane);
  }
  /// The time for a connection's first bytes, and for the head of a request.
  std::chrono::milliseconds head_time() const {
    return stopping ? limits.stop_head_time : limits.header_time;
  }
  /// Not of the loop.
  WorkerPool& pool(Lane lane) { return lanes[index_of(lane)]; }

  const Service service;
  const ServerLimits limits;
  boost::asio::io_context io{1};
  std::deque<WorkerPool> lanes;
  Connections connections;
  Proxies proxies;
  std::vector<std::shared_ptr<Session>> sessions;
  std::atomic<size_t> session_count = 0;  ///< of these, for any thread
  Tally accepted;                         ///< connections
  Tally refused;
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
/// One request is answered in a turn; then it is the other connections' turn. No operation has a
/// timer: the server checks `deadline` periodically. Only the I/O thread calls these functions;
/// while a request is on a lane, the session does not change it.
class Session : public std::enable_shared_from_this<Session> {
 public:
  using Time = std::chrono::steady_clock::time_point;

  Session(SessionHost& host, Transport transport, std::string peer, Door door,
          std::optional<uid_t> system_user);

  /// Adds itself to the host's list and waits for the first request.
  void start();
  /// If the deadline has passed, closes the connection or refuses with 408.
  void check_deadline(Time now);
  /// Called when the server stops: a connection without a whole head closes soon, and a stream is
  /// asked to end.
  void end_soon();
  /// Whether `give_way` would free what it buffers.
  bool can_free_bytes() const;
  /// Frees what it buffers, for others: refuses the request with 503, or closes the connection.
  void give_way();
  void close();

 private:
  /// `streaming`: all bytes of the body so far are sent, and more will follow.
  enum class Phase { idle, reading, handling, writing, streaming, lingering, closed };

  void run(void (Session::*step)());
  void wait_readable(Transport::State what = Transport::State::wants_read);
  void on_readable();
  void consume(std::string_view bytes);
  bool judge_head();
  void forget_client();
  void wait_for_rest();
  bool may_send_body();
  void send_continue();
  void wait_for_turn();
  void on_turn();

  // Each returns true if the answer is sent and the next request may be read.
  bool serve();
  bool refuse(int status);
  void refuse_plain_http();
  bool answer(Response response);
  bool after_sending();
  bool continue_stream();
  bool after_answer();

  Response handle();
  Response failed();
  Response refusal(int status);
  bool start_on_lane();
  void on_handled();
  void on_displaced();
  void give_up();
  void attach_stream(std::shared_ptr<BodyStream> stream);
  void on_stream();
  void keep_for_later(std::string_view bytes);
  bool write_rest();
  void wait_writable(Transport::State what);
  void on_writable();
  void linger();
  void set_deadline(std::chrono::milliseconds time);
  void count_buffers();

  SessionHost& host_;
  Transport transport_;
  const std::string peer_;  ///< of the connection; that of a request may be a proxy's client
  RequestParser parser_;
  Phase phase_ = Phase::idle;
  bool waiting_for_bytes_ = false;
  bool head_was_complete_ = false;
  bool head_is_judged_ = false;  // the request has its client
  bool close_after_ = false;
  bool refused_ = false;
  bool may_send_much_ = false;     // asked and allowed, for this request
  bool given_up_ = false;          // the answer on the lane will come too late
  WorkerPool::Ticket ticket_ = 0;  // on the lane of the plan
  Lane lane_ = Lane::loop;         // of the request that is handled
  Time deadline_;
  std::string pending_;                 // read, but not parsed yet
  Plan plan_;                           // of the request that was read
  Response response_;                   // from the pool
  std::shared_ptr<BodyStream> stream_;  // of the present answer, until its last piece
  std::string rest_head_;               // not yet sent: the socket's buffer was full
  std::string rest_body_;
  size_t rest_sent_ = 0;  // bytes sent of both together
  size_t progress_ = 0;   // bytes sent since the deadline was set
  bool is_chunked_ = false;
  size_t place_ = 0;  // index in host_.sessions
  Connections::Entry entry_;
};

}  // namespace esclusa::http
