#pragma once
#include <string>
#include <string_view>

namespace esclusa::git {

/// Converts a text of a commit to UTF-8. `encoding` is the name in the commit's header; invalid
/// bytes become U+FFFD. The text is unchanged if the name is missing (null), is UTF-8, or is not
/// supported.
std::string to_utf8(std::string_view text, const char* encoding);

}  // namespace esclusa::git
