#include "core/uri.h"

#include <algorithm>
#include <string>

#include "base/text.h"

namespace esclusa::core {
namespace {

bool has_a_place(char c) {
  static constexpr std::string_view marks = "-._~:/?#@!$&'()*+,;=%";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         marks.contains(c);
}

}  // namespace

bool is_uri(std::string_view url) {
  const size_t slashes = url.find("//");
  if (slashes == url.npos) return false;
  const std::string_view rest = url.substr(slashes + 2);
  const std::string_view host = rest.substr(0, rest.find_first_of("/?#"));
  // Brackets are allowed only around an IPv6 host.
  const std::string_view others =
      host.starts_with('[') && host.contains(']') ? rest.substr(rest.find(']') + 1) : rest;
  std::string decoded;
  return percent_decode(rest, decoded) && std::ranges::count(rest, '#') <= 1 &&
         std::ranges::all_of(others, has_a_place);
}

}  // namespace esclusa::core
