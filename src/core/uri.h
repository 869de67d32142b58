#pragma once
#include <string_view>

namespace esclusa::core {

/// Whether every character of an http(s) URL is allowed by RFC 3986 at its place.
bool is_uri(std::string_view url);

}  // namespace esclusa::core
