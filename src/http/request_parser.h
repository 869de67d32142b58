#pragma once
#include <memory>
#include <string_view>

#include "http/message.h"
#include "http/server.h"

namespace esclusa::http {

/// Reads one request after another from a connection's bytes. Beast's parser does the work, and
/// its file is the only one that includes Beast; what Beast lets pass and a server must not
/// (RFC 9112: two lengths, odd transfer codings, no `Host`) is refused here.
class RequestParser {
 public:
  struct Step {
    size_t used = 0;        ///< bytes taken; the rest is offered again, with more behind it
    bool complete = false;  ///< `request()` is whole
    int refusal = 0;        ///< the status to refuse the request with; 0: none
  };

  /// `limits` must outlive the parser.
  explicit RequestParser(const ServerLimits& limits);
  ~RequestParser();

  /// Not after a complete request or a refusal, without a `restart` between.
  Step feed(std::string_view bytes);
  /// Makes ready for the next request on the same connection: peer, door and `secure` stay.
  void restart();

  Request& request() { return request_; }
  bool started() const;        ///< some of the request has been taken
  bool head_complete() const;  ///< the header fields are read
  /// The client waits for `100 Continue` before it sends the body. After the head.
  bool expects_continue() const;
  /// The connection may serve another request. After the head.
  bool keep_alive() const;
  bool is_http_1_0() const;

 private:
  struct Impl;
  const ServerLimits& limits_;
  Request request_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace esclusa::http
