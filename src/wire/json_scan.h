#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"

namespace esclusa::wire {

/// How deep JSON may be that is read here: a body of before, whose payload had nearly all of
/// `limits::json_depth`, has five levels more in a page of the feed.
inline constexpr size_t read_depth = 2 * limits::json_depth;

/// True if `text` is well-formed JSON within the limits (depth, length of numbers), of valid
/// UTF-8, and no object has a key twice.
bool scan_json(std::string_view text);

/// The text of a member of the top-level object exactly as it stands there: digits, escapes and
/// blanks inside it included. `text` should have passed `scan_json`; of other text nothing worse
/// comes than nothing found.
std::optional<std::string_view> find_raw_member(std::string_view text, std::string_view name);

/// The length of the string that `text` begins with, quotes included.
size_t string_length(std::string_view text);

/// How many arrays and objects lie in each other at the deepest place; 0 for any other value.
size_t nesting_depth(std::string_view json);

/// The texts of an array's elements, as they stand there; of other text, whatever there is.
std::vector<std::string_view> raw_elements(std::string_view array);

}  // namespace esclusa::wire
