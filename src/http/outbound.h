#pragma once
#include <sys/socket.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "http/message.h"

/// HTTP requests that Esclusa sends, by libcurl: no redirects, no proxy from the environment, only
/// http and https, and a size limit for the answer.
namespace esclusa::http {

/// Decides whether a connection to the address is allowed. It is called after name resolution,
/// before connecting, and again before a request is sent; false refuses.
using AddressPredicate = std::function<bool(const sockaddr& address)>;

struct OutboundRequest {
  std::string method = "GET";
  std::string url = {};
  Headers headers = {};
  std::string body = {};
  std::string unix_socket = {};  ///< connect to this socket instead of the URL's host
  bool verify_tls = true;
  std::string ca_file = {};  ///< PEM; trusted instead of the system's authorities
  std::chrono::milliseconds connect_time{5000};
  std::chrono::milliseconds total_time{30'000};
  size_t kept_body_bytes = 32 * 1024 * 1024;  ///< the rest is neither read nor kept
  AddressPredicate allow_address = {};  ///< unset: all are allowed; not used with `unix_socket`
};

enum class OutboundFailure { none, could_not_connect, timed_out, refused_address, tls, other };

struct OutboundResponse {
  OutboundFailure failure = OutboundFailure::none;
  std::string failure_text;  ///< libcurl's message; empty if there was an answer
  int status = 0;
  Headers headers;
  std::string body;
  std::chrono::microseconds duration{0};
};

/// Sends one request and waits for its answer. Any thread.
OutboundResponse send(const OutboundRequest& request);

/// How long a connection without a request is kept.
inline constexpr std::chrono::seconds kept_connection_time{60};
/// How many connections are kept, those with a request included.
inline constexpr long kept_connections = 128;

/// Sends many requests concurrently, all on the one thread that calls `poll`. A connection serves
/// one request after the other, if the scheme, the host, the port and the TLS settings are the
/// same. `allow_address` judges the address of each request, also of one on a connection that was
/// kept.
class Sender {
 public:
  explicit Sender(std::chrono::milliseconds idle_time = kept_connection_time);
  /// Cancels the requests in flight without calling their `done`.
  ~Sender();
  Sender(const Sender&) = delete;

  /// Begins a request; `done` is called from `poll`, and must not throw: others that finished at
  /// the same time would not be told.
  void start(OutboundRequest request, std::function<void(OutboundResponse)> done);
  /// Works for at most `wait`; returns earlier when a request finished or `wake` was called. Closes
  /// all connections if nothing was in flight for `idle_time`.
  void poll(std::chrono::milliseconds wait);
  /// Makes a waiting `poll` return. Any thread.
  void wake();
  size_t in_flight() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A parsed and normalised absolute URL.
struct Url {
  std::string scheme;  ///< lower case
  std::string host;    ///< lower case; IPv4 in dotted form, IPv6 without brackets
  uint16_t port = 0;   ///< the scheme's default if none is given
  std::string path;    ///< begins with `/`
  std::string query;   ///< without `?`
  bool has_credentials = false;
};

/// `bad_request` if the text is not an absolute http or https URL, contains blanks or control
/// characters, or has a host that a resolver could read differently (not ASCII, a zone id, a
/// malformed IPv4 address).
Result<Url> parse_url(const std::string& text);

}  // namespace esclusa::http
