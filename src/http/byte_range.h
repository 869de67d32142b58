#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/message.h"

namespace esclusa::http {

/// The bytes from `begin` up to, not including, `end`. `begin == end`: no bytes, so the answer is
/// 416.
struct ByteRange {
  int64_t begin = 0;
  int64_t end = 0;
  bool operator==(const ByteRange&) const = default;
};

/// Parses a `Range` header with one range, cut at `size` bytes. `nullopt` if a server may ignore
/// the header (RFC 9110, 14.2): other units, several ranges, malformed text.
std::optional<ByteRange> parse_byte_range(std::string_view field, int64_t size);

/// The range of a body of `size` bytes that the request asks for; nothing: all of it. With
/// `If-Range` only of the body with that `ETag`, which is the one that the client knows.
std::optional<ByteRange> requested_range(const Headers& request, std::string_view etag,
                                         int64_t size);

/// Makes of the head of an answer with `size` bytes the head of a 206 with that part, or of a 416.
void set_range(Response& head, const ByteRange& range, int64_t size);

}  // namespace esclusa::http
