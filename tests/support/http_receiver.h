#pragma once
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "http/server.h"

namespace esclusa::test {

/// A real HTTP server on its own port or on a unix socket; it keeps what it receives.
class HttpReceiver {
 public:
  /// Answers one request; called on several threads.
  using Answer = std::function<http::Response(const http::Request&)>;

  explicit HttpReceiver(
      Answer answer = [](const http::Request&) { return http::Response{}; },
      const std::string& unix_socket = "")
      : answer_(std::move(answer)), server_(service(), without_pause()) {
    if (unix_socket.empty()) {
      port_ = server_.listen("127.0.0.1", 0).value();
    } else {
      server_.listen_local(unix_socket, 0600, http::Door::local_admin).value();
    }
    thread_ = std::jthread([this] { server_.run(); });
  }
  ~HttpReceiver() {
    release();
    server_.stop();
  }

  std::string url(const std::string& path = "/") const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }

  /// Waits until `count` requests have come, and returns all of them.
  std::vector<http::Request> await(size_t count) {
    std::unique_lock lock(mutex_);
    // A limit for a test that would otherwise hang, far above any time that a test needs.
    if (!changed_.wait_for(lock, std::chrono::seconds(60),
                           [&] { return requests_.size() >= count; })) {
      throw std::runtime_error("only " + std::to_string(requests_.size()) + " of " +
                               std::to_string(count) + " requests came");
    }
    return requests_;
  }
  std::vector<http::Request> requests() { return await(0); }

  /// For an `Answer`: waits until `release` is called, at the latest by the destructor.
  void wait_for_release() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return released_; });
  }
  void release() {
    std::lock_guard lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }

 private:
  static http::ServerLimits without_pause() {
    http::ServerLimits limits;
    limits.backlog_time = {};  // on the loopback interface no packet is on its way
    return limits;
  }
  http::Service service() {
    return {.plan =
                [this](const http::Request& request) {
                  return http::Plan{.answer = [this, &request] { return receive(request); }};
                },
            .refuse = [](const http::Request&, int status) { return http::Response{status}; }};
  }

  http::Response receive(const http::Request& request) {
    {
      std::lock_guard lock(mutex_);
      requests_.push_back(request);
      changed_.notify_all();
    }
    return answer_(request);
  }

  Answer answer_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<http::Request> requests_;
  bool released_ = false;
  uint16_t port_ = 0;
  http::Server server_;
  std::jthread thread_;  ///< last: it ends before the server is destroyed
};

/// A receiver that answers nothing until `release`.
struct HangingReceiver : HttpReceiver {
  HangingReceiver()
      : HttpReceiver([this](const http::Request&) {
          wait_for_release();
          return http::Response{.status = 200};
        }) {}
};

}  // namespace esclusa::test
