#pragma once
#include <chrono>
#include <cstdint>
#include <string_view>

#include "core/actor.h"
#include "http/message.h"

namespace esclusa::api {

/// What the log says of a request beside what it asked for and was answered.
struct Served {
  const core::Actor& actor;
  std::string_view operation;  ///< empty: no route has that path
  int64_t statement_count = 0;
  std::chrono::microseconds took{0};
};

/// Writes the line of a request. Any thread.
void log_request(const http::Request& request, const http::Response& response,
                 const Served& served);

}  // namespace esclusa::api
