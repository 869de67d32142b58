#pragma once
#include <memory>
#include <string_view>

#include "http/message.h"
#include "http/server.h"

namespace esclusa::http {

/// Parses the requests of one connection, one after another. Beast's parser does the work; only the
/// .cc file includes Beast. What Beast accepts but a server must refuse (RFC 9112: two lengths,
/// other transfer codings, no `Host`) is refused here.
class RequestParser {
 public:
  struct Step {
    size_t used = 0;        ///< bytes consumed; offer the rest again together with later bytes
    bool complete = false;  ///< `request()` is complete
    int refusal = 0;        ///< the status with which to refuse the request; 0: none
  };

  /// `limits` must outlive the parser.
  explicit RequestParser(const ServerLimits& limits);
  ~RequestParser();

  /// After a complete request or a refusal, call `restart` first.
  Step feed(std::string_view bytes);
  /// Prepares for the next request on the same connection; peer, door and `secure` stay.
  void restart();

  Request& request() { return request_; }
  bool started() const;        ///< a part of the request was consumed
  bool head_complete() const;  ///< the header fields are read
  /// The client waits for `100 Continue` before it sends the body. Valid after the head.
  bool expects_continue() const;
  /// The connection may serve another request. Valid after the head.
  bool keep_alive() const;
  bool is_http_1_0() const;

 private:
  struct Impl;
  const ServerLimits& limits_;
  Request request_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace esclusa::http
