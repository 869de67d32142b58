#pragma once
#include <ctime>
#include <string>
#include <string_view>

#include "http/message.h"

namespace esclusa::http {

/// The value of the `Connection` field: whether the connection stays open after the answer.
enum class ConnectionField { none, close, keep_alive };

/// How the client knows where the body ends.
enum class Framing { length, chunked, until_close };

/// Appends the status line, the fields and the blank line. `Date`, `Content-Length`,
/// `Transfer-Encoding` and `Connection` are set here; those in `response` are ignored.
void append_response_head(std::string& out, const Response& response, std::string_view date,
                          ConnectionField connection, Framing framing = Framing::length);

/// The line before a chunk of that size.
std::string chunk_head(size_t size);

/// True if an answer with this status never has a body.
constexpr bool is_bodiless(int status) { return status == 204 || status == 304; }

/// The wall clock as an HTTP date, formatted at most once a second. One thread.
class DateCache {
 public:
  std::string_view now();

 private:
  std::time_t second_ = 0;
  std::string text_;
};

}  // namespace esclusa::http
