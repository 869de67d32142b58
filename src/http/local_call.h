#pragma once
#include <chrono>
#include <string>

#include "base/error.h"

/// HTTP requests over a unix socket for programs that are started for one or two of them: without
/// libcurl, which takes many times longer to load than to send such a request.
namespace esclusa::http {

struct LocalCall {
  std::string socket;  ///< path of a unix socket of this server
  std::string method;
  std::string target;                      ///< path and query, percent-encoded
  std::string body = {};                   ///< JSON; empty: none
  std::chrono::milliseconds time{30'000};  ///< for all of it
};

struct LocalAnswer {
  int status = 0;
  std::string body;
};

/// Sends one request over a connection of its own, and waits for its answer. Any thread.
/// `unavailable`, with the reason as its message, if there was no whole answer in that time.
Result<LocalAnswer> call_local(const LocalCall& call);

}  // namespace esclusa::http
