#include "http/local_call.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <cerrno>
#include <optional>
#include <string_view>
#include <system_error>

#include "base/descriptor.h"
#include "base/limits.h"

namespace esclusa::http {
namespace {

namespace beast_http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// Beast asserts that a split last chunk has at least this many bytes.
constexpr size_t last_chunk_bytes = 5;

std::unexpected<Error> no_answer(std::string why) {
  return fail(ErrorCode::unavailable, std::move(why));
}

std::unexpected<Error> system_failure(int error) {
  return no_answer(std::generic_category().message(error));
}

std::unexpected<Error> too_late(const LocalCall& call) {
  return no_answer("it did not answer within " + std::to_string(call.time.count()) + " ms");
}

class Parser final : public beast_http::basic_parser<false> {
 public:
  explicit Parser(LocalAnswer& answer) : answer_(answer) {
    eager(true);
    header_limit(static_cast<uint32_t>(limits::header_bytes));
    body_limit(limits::body_bytes);
  }

 private:
  void on_request_impl(beast_http::verb, string_view, string_view, int, error_code&) override {}
  void on_response_impl(int status, string_view, int, error_code&) override {
    answer_.status = status;
  }
  void on_field_impl(beast_http::field, string_view, string_view, error_code&) override {}
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<uint64_t>&, error_code&) override {}
  size_t on_body_impl(string_view body, error_code&) override {
    answer_.body.append(body.data(), body.size());
    return body.size();
  }
  void on_chunk_header_impl(uint64_t, string_view, error_code&) override {}
  size_t on_chunk_body_impl(uint64_t, string_view body, error_code&) override {
    answer_.body.append(body.data(), body.size());
    return body.size();
  }
  void on_finish_impl(error_code&) override {}

  LocalAnswer& answer_;
};

/// One connection, until the deadline.
class Connection {
 public:
  explicit Connection(const LocalCall& call) : call_(call), deadline_(Clock::now() + call.time) {}

  Result<void> open() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (call_.socket.size() >= sizeof address.sun_path) return system_failure(ENAMETOOLONG);
    std::ranges::copy(call_.socket, address.sun_path);
    socket_ = Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket_) return system_failure(errno);
    for (;;) {
      // A socket that does not block would refuse at once while the server's queue is full.
      const milliseconds left = remaining();
      if (left <= milliseconds::zero()) return too_late(call_);
      const timeval time{.tv_sec = left / std::chrono::seconds(1),
                         .tv_usec = left % std::chrono::seconds(1) / std::chrono::microseconds(1)};
      setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
      if (connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
          0) {
        return {};
      }
      if (errno == EAGAIN) return too_late(call_);
      if (errno != EINTR) return system_failure(errno);
    }
  }

  /// A server that has refused need not read the body: what it has answered is still to be read.
  Result<void> send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t count =
          ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count >= 0) {
        text.remove_prefix(static_cast<size_t>(count));
      } else if (errno == EPIPE || errno == ECONNRESET) {
        return {};
      } else if (errno == EAGAIN) {
        if (!wait(POLLOUT)) return too_late(call_);
      } else if (errno != EINTR) {
        return system_failure(errno);
      }
    }
    return {};
  }

  /// Appends what has arrived; false at the end of the stream.
  Result<bool> receive(std::string& to) {
    char buffer[16 * 1024];
    for (;;) {
      const ssize_t count = recv(socket_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
      if (count >= 0) {
        to.append(buffer, static_cast<size_t>(count));
        return count > 0;
      }
      if (errno == EAGAIN) {
        if (!wait(POLLIN)) return too_late(call_);
      } else if (errno != EINTR) {
        return system_failure(errno);
      }
    }
  }

 private:
  milliseconds remaining() const {
    return std::chrono::ceil<milliseconds>(deadline_ - Clock::now());
  }
  /// False once the time is over.
  bool wait(short events) const {
    const milliseconds left = remaining();
    if (left <= milliseconds::zero()) return false;
    pollfd watched{socket_.get(), events, 0};
    poll(&watched, 1, static_cast<int>(left.count()));
    return true;
  }

  const LocalCall& call_;
  Clock::time_point deadline_;
  Descriptor socket_;
};

std::string head_of(const LocalCall& call) {
  std::string text = call.method + " " + call.target +
                     " HTTP/1.1\r\n"
                     "Host: local\r\n"
                     "User-Agent: esclusa\r\n"
                     "Accept: application/vnd.github+json\r\n"
                     "Connection: close\r\n";
  if (!call.body.empty()) {
    text +=
        "Content-Type: application/json\r\nContent-Length: " + std::to_string(call.body.size()) +
        "\r\n";
  }
  return text + "\r\n";
}

}  // namespace

Result<LocalAnswer> call_local(const LocalCall& call) {
  Connection connection(call);
  TRY(connection.open());
  TRY(connection.send(head_of(call) + call.body));
  LocalAnswer answer;
  Parser parser(answer);
  std::string unread;
  while (!parser.is_done()) {
    const bool is_open = TRY(connection.receive(unread));
    error_code error;
    if (parser.is_header_done() && parser.chunked() && unread.size() < last_chunk_bytes) {
      if (is_open) continue;
    } else if (!unread.empty()) {
      unread.erase(0, parser.put(boost::asio::const_buffer(unread.data(), unread.size()), error));
      if (error && error != beast_http::error::need_more) {
        return no_answer("its answer is no HTTP: " + error.message());
      }
    }
    if (is_open || parser.is_done()) continue;
    error = {};
    if (parser.got_some()) parser.put_eof(error);
    if (error || !parser.is_done()) return no_answer("it closed the connection before its answer");
  }
  return answer;
}

}  // namespace esclusa::http
