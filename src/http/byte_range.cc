#include "http/byte_range.h"

#include <algorithm>

#include "base/ids.h"
#include "base/text.h"

namespace esclusa::http {
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

std::optional<ByteRange> requested_range(const Headers& request, std::string_view etag,
                                         int64_t size) {
  const auto range = request.find("Range"), condition = request.find("If-Range");
  if (!range || (condition && condition != etag)) return std::nullopt;
  return parse_byte_range(*range, size);
}

void set_range(Response& head, const ByteRange& range, int64_t size) {
  const bool is_empty = range.begin >= range.end;
  head.status = is_empty ? 416 : 206;
  const std::string part =
      is_empty ? "*" : std::to_string(range.begin) + "-" + std::to_string(range.end - 1);
  head.headers.add("Content-Range", "bytes " + part + "/" + std::to_string(size));
}

}  // namespace esclusa::http
