#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/message.h"

namespace esclusa::api {

/// Bytes from `begin` to before `end` of something; none, and so `416`, if `begin == end`.
struct ByteRange {
  int64_t begin = 0;
  int64_t end = 0;
  bool operator==(const ByteRange&) const = default;
};

/// A `Range` of one part, cut at `size`. Nothing for what a server may ignore (RFC 9110, 14.2):
/// other units, several parts, what is malformed.
std::optional<ByteRange> parse_byte_range(std::string_view field, int64_t size);

/// The 206 with that part of a whole answer's body, or the 416.
http::Response range_response(http::Response whole, const ByteRange& range);

}  // namespace esclusa::api
