#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace esclusa::core {

/// The first character of `text` (UTF-8) that people cannot see or would take for another: control
/// characters, Unicode's default ignorable characters (zero width, direction marks, variation
/// selectors, fillers), and blanks other than U+0020. Two names that differ only by these look the
/// same. Nothing if there is none; an invalid byte counts as U+FFFD.
std::optional<char32_t> find_invisible(std::string_view text);

/// `U+200B`: how to name a character that cannot be shown.
std::string code_point_text(char32_t character);

}  // namespace esclusa::core
