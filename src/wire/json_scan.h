#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace esclusa::wire {

/// True if `text` is well-formed JSON within the limits (depth, length of numbers), of valid
/// UTF-8, and no object has a key twice.
bool scan_json(std::string_view text);

/// The text of a member of the top-level object exactly as it stands there: digits, escapes and
/// blanks inside it included. `text` should have passed `scan_json`; of other text nothing worse
/// comes than nothing found.
std::optional<std::string_view> find_raw_member(std::string_view text, std::string_view name);

/// The texts of an array's elements, as they stand there; of other text, whatever there is.
std::vector<std::string_view> raw_elements(std::string_view array);

}  // namespace esclusa::wire
