#pragma once
#include <atomic>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "http/body_stream.h"
#include "http/server.h"

/// For tests: a server on its own port, and ordinary requests as bytes.
namespace esclusa::http::testing {

/// A running server. `/wait…` waits on a lane until `release`, `/hold…` on the I/O thread; `/pool…`
/// is answered on a lane.
struct TestServer {
  /// `threads` and `queued`: the bounds of the lane of `/wait…` and `/pool…`.
  explicit TestServer(size_t threads = 4, ServerLimits limits = {}, size_t queued = 1024)
      : server(service(), with_lane(limits, threads, queued)) {
    port = server.listen("127.0.0.1", 0).value();
  }
  ~TestServer() {
    release();
    stop_and_join();
  }
  TestServer& start() {
    thread = std::jthread([this] { server.run(); });
    return *this;
  }
  void stop_and_join() {
    server.stop();
    if (thread.joinable()) thread.join();
  }
  void release() {
    released = true;
    released.notify_all();
  }
  void await_waiting(int count) { await(waiting, count); }
  void await_handled(int count) { await(handled, count); }
  static void await(std::atomic<int>& number, int count) {
    for (int now = number; now < count; now = number) number.wait(now);
  }

  static ServerLimits with_lane(ServerLimits limits, size_t threads, size_t queued) {
    LaneLimits& lane = limits.lanes[index_of(Lane::commit)];
    lane.threads = threads;
    lane.queued = queued;
    limits.backlog_time = {};  // on the loopback interface no packet is on its way
    return limits;
  }
  Service service() {
    return {
        .plan =
            [this](const Request& request) {
              const bool may_wait =
                  request.path().starts_with("/wait") || request.path().starts_with("/pool");
              return Plan{
                  .lane = may_wait ? Lane::commit : Lane::loop,
                  .place = may_wait
                               ? find_parameter(parse_query(request.query()), "place").value_or("")
                               : "",
                  .answer = [this, &request] { return handle(request); }};
            },
        .refuse =
            [](const Request& request, int status) {
              return Response{status, {{"X-Refused", request.target}}, "{\"message\":\"no\"}"};
            },
        .may_send_much = [](const Request& request) { return !request.headers.has("X-Nobody"); },
    };
  }
  Response handle(const Request& request) {
    {
      std::lock_guard lock(order_mutex);
      order.push_back(request.target);
    }
    ++handled;
    handled.notify_all();
    if (request.path().starts_with("/wait") || request.path().starts_with("/hold")) {
      ++waiting;
      waiting.notify_all();
      released.wait(false);
    }
    if (request.path() == "/throw" || request.path() == "/pool/throw") {
      throw std::runtime_error("boom");
    }
    if (request.path().ends_with("/vast")) return {200, {}, std::string(32 * 1024 * 1024, 'x')};
    if (request.path().ends_with("/big")) return {200, {}, std::string(8 * 1024 * 1024, 'x')};
    if (request.path() == "/big-kept") {
      return {.parts = {std::make_shared<const std::string>(8 * 1024 * 1024, 'y')}};
    }
    if (request.path() == "/stream" || request.path() == "/wait/stream") {
      return {200, {{"Content-Type", "text/plain"}}, {}, stream};
    }
    if (request.path() == "/count") return {200, {}, counted()};
    if (request.path().starts_with("/piece/")) {
      return {200, {}, piece(std::string(request.path().substr(7)))};
    }
    if (request.path() == "/empty") return {204, {}, "dropped"};
    if (request.path() == "/same") return {304, {{"ETag", "\"a\""}}, "dropped"};
    if (request.path() == "/forge") {
      return {200, {{"X-A", "b\r\nX-B: c"}, {"Content-Length", "99"}}, ""};
    }
    return {
        200,
        {{"X-Peer", request.peer},
         {"X-Door", request.door == Door::network ? "network" : "local"},
         {"X-System-User", request.system_user ? std::to_string(*request.system_user) : "unknown"},
         {"X-Secure", request.secure ? "yes" : "no"}},
        request.method + " " + request.target + " " + request.body};
  }

  /// 10 KB that are different for each number.
  static std::string piece(const std::string& number) {
    return number + std::string(10'000, static_cast<char>('a' + std::stoi(number) % 26));
  }
  /// 8 MiB in which all pieces are different.
  static std::string counted() {
    std::string text;
    for (uint32_t number = 0; text.size() < 8 * 1024 * 1024; ++number) {
      text.append(reinterpret_cast<const char*>(&number), sizeof number);
    }
    return text;
  }

  std::atomic<int> changes = 0;  ///< how often the stream's writer was notified
  std::shared_ptr<BodyStream> stream = std::make_shared<BodyStream>([this] {
    ++changes;
    changes.notify_all();
  });
  std::mutex order_mutex;
  std::vector<std::string> order;  ///< the targets, in the order in which their handlers began
  std::atomic<bool> released = false;
  std::atomic<int> waiting = 0;
  std::atomic<int> handled = 0;
  Server server;
  uint16_t port = 0;
  std::jthread thread;
};

inline std::string get(const std::string& target, const std::string& fields = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
}
inline std::string post(const std::string& target, const std::string& body,
                        const std::string& fields = "") {
  return "POST " + target +
         " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         fields + "\r\n" + body;
}

}  // namespace esclusa::http::testing
