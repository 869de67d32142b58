#pragma once
#include <string>
#include <string_view>

namespace esclusa::git {

/// A text of a commit in UTF-8, by the name of the encoding that its header gives; each byte that
/// means nothing there becomes U+FFFD. As it is if the header gives none (null), or an encoding
/// that is UTF-8, or is not known here.
std::string to_utf8(std::string_view text, const char* encoding);

}  // namespace esclusa::git
