#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"

namespace esclusa {

/// The largest depth of JSON that is read. Older bodies may have payloads of nearly
/// `limits::json_depth` levels, and a page of the feed adds five.
inline constexpr size_t read_depth = 2 * limits::json_depth;

/// Whether `text` is well-formed JSON of valid UTF-8 within the limits (depth, length of numbers),
/// without duplicate keys in any object.
bool scan_json(std::string_view text);

/// The JSON text of a member of the top-level object, exactly as in `text`. `text` should have
/// passed `scan_json`; in other text the result may be wrong or nullopt, but the call is safe.
std::optional<std::string_view> find_raw_member(std::string_view text, std::string_view name);

/// The length of the string that `text` begins with, with its quotes.
size_t string_length(std::string_view text);

/// The largest number of nested arrays and objects; 0 for any other value.
size_t nesting_depth(std::string_view json);

/// The JSON texts of an array's elements, unchanged. For text that is not an array the result is
/// unspecified.
std::vector<std::string_view> raw_elements(std::string_view array);

}  // namespace esclusa
