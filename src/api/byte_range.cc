#include "api/byte_range.h"

#include <algorithm>

#include "base/ids.h"
#include "base/text.h"

namespace esclusa::api {
namespace {

std::optional<int64_t> parse_count(std::string_view text) {
  if (text == "0") return 0;
  return parse_positive(text);
}

}  // namespace

std::optional<ByteRange> parse_byte_range(std::string_view field, int64_t size) {
  constexpr std::string_view unit = "bytes=";
  if (!ascii_lower(field.substr(0, unit.size())).starts_with(unit)) return std::nullopt;
  const std::string_view text = trim(field.substr(unit.size()));
  const size_t hyphen = text.find('-');
  if (hyphen == text.npos) return std::nullopt;
  const std::string_view first = text.substr(0, hyphen), last = text.substr(hyphen + 1);
  const auto begin = parse_count(first), end = parse_count(last);
  if ((!begin && !first.empty()) || (!end && !last.empty()) || (!begin && !end)) {
    return std::nullopt;
  }
  if (!begin) return ByteRange{std::max<int64_t>(size - *end, 0), size};  // `-N`: the last N bytes
  if (end && *end < *begin) return std::nullopt;
  return ByteRange{std::min(*begin, size), end ? std::min(*end, size - 1) + 1 : size};
}

http::Response range_response(http::Response whole, const ByteRange& range) {
  const std::string size = std::to_string(whole.body.size());
  if (range.begin >= range.end) {
    whole.status = 416;
    whole.body.clear();
    whole.headers.add("Content-Range", "bytes */" + size);
    return whole;
  }
  whole.status = 206;
  whole.body = whole.body.substr(static_cast<size_t>(range.begin),
                                 static_cast<size_t>(range.end - range.begin));
  whole.headers.add("Content-Range", "bytes " + std::to_string(range.begin) + "-" +
                                         std::to_string(range.end - 1) + "/" + size);
  return whole;
}

}  // namespace esclusa::api
