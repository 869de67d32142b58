#pragma once
#include <string_view>

namespace esclusa::core {

/// Whether all characters of an http(s) URL are those that RFC 3986 has, each in its place.
bool is_uri(std::string_view url);

}  // namespace esclusa::core
