#pragma once
#include <optional>
#include <string_view>

namespace esclusa::core {

/// The first character of UTF-8 that people do not see, or not as what it is: control characters,
/// what Unicode calls default ignorable (zero-width characters, marks of direction, variation
/// selectors, fillers), and blanks other than U+0020. Two names that differ by these alone look the
/// same. Nothing if there is none; a byte that is no UTF-8 counts as U+FFFD.
std::optional<char32_t> find_invisible(std::string_view text);

}  // namespace esclusa::core
