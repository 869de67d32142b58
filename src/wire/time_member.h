#pragma once
#include "base/time.h"
#include "wire/json_body.h"

namespace esclusa::wire {

/// A time in a body; nullopt if it is null or absent. 422 if it is not an RFC 3339 time.
inline Result<std::optional<Timestamp>> optional_time(const JsonBody& body, std::string_view name) {
  const auto text = TRY(body.optional_string(name));
  if (!text) return std::nullopt;
  const auto time = parse_time(*text);
  if (!time) return fail_request(*text + " is not a valid date-time.");
  return time;
}

}  // namespace esclusa::wire
