#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace esclusa::wire {

/// True if `text` is well-formed JSON within the limits (depth, length of numbers), of valid
/// UTF-8, and no object has a key twice.
bool scan_json(std::string_view text);

/// The text of a member of the top-level object, minified but otherwise as sent: numbers keep
/// their digits, whatever their size. `text` must have passed `scan_json`.
std::optional<std::string> find_raw_member(std::string_view text, std::string_view name);

}  // namespace esclusa::wire
