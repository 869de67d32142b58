#include "git/encoding.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/text.h"

namespace esclusa::git {
namespace {

/// Prefixes of accepted names. iconv loads a library for any name, and a commit's author chooses
/// the name: so only encodings that people really use are accepted.
constexpr std::array<std::string_view, 17> known = {
    "iso-8859-",   "iso8859-", "iso_8859-", "latin",     "windows-12", "cp12",
    "koi8-",       "euc-jp",   "eucjp",     "shift_jis", "shift-jis",  "sjis",
    "iso-2022-jp", "euc-kr",   "gb",        "big5",      "us-ascii"};

bool is_known(std::string_view name) {
  return name.size() <= 20 &&
         std::ranges::all_of(name,
                             [](char c) {
                               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                                      c == '-' || c == '_';
                             }) &&
         std::ranges::any_of(known,
                             [&](std::string_view begin) { return name.starts_with(begin); });
}

}  // namespace

std::string to_utf8(std::string_view text, const char* encoding) {
  if (encoding == nullptr) return std::string(text);
  const std::string name = ascii_lower(encoding);
  if (!is_known(name)) return std::string(text);
  const iconv_t converter = iconv_open("UTF-8", name.c_str());
  if (converter == reinterpret_cast<iconv_t>(-1)) return std::string(text);
  std::string converted, given(text);
  char* from = given.data();
  size_t left = given.size();
  char buffer[1024];
  while (left > 0) {
    char* to = buffer;
    size_t room = sizeof buffer;
    const bool is_done = iconv(converter, &from, &left, &to, &room) != static_cast<size_t>(-1);
    const int error = errno;
    converted.append(buffer, sizeof buffer - room);
    if (is_done || error == E2BIG) continue;
    converted += "\xef\xbf\xbd";
    ++from;
    --left;
  }
  iconv_close(converter);
  return converted;
}

}  // namespace esclusa::git
