#pragma once
#include <ctime>
#include <string>
#include <string_view>

#include "http/message.h"

namespace esclusa::http {

/// How the connection goes on after an answer, as `Connection` says it.
enum class ConnectionField { none, close, keep_alive };

/// How the client knows where the body ends.
enum class Framing { length, chunked, until_close };

/// Appends the status line, the fields and the blank line. `Date`, `Content-Length`,
/// `Transfer-Encoding` and `Connection` are set here, and any that the response brings are left
/// out.
void append_response_head(std::string& out, const Response& response, std::string_view date,
                          ConnectionField connection, Framing framing = Framing::length);

/// What stands before a chunk of that size.
std::string chunk_head(size_t size);

/// True if an answer of this status has no body, whatever the request was.
constexpr bool is_bodiless(int status) { return status == 204 || status == 304; }

/// The wall clock as an HTTP date, formatted once a second. One thread.
class DateCache {
 public:
  std::string_view now();

 private:
  std::time_t second_ = 0;
  std::string text_;
};

}  // namespace esclusa::http
