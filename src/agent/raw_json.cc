#include "agent/raw_json.h"

#include <algorithm>

#include "wire/json.h"

namespace esclusa::agent {
namespace {

constexpr std::string_view blanks = " \t\r\n";

std::string_view without_blanks(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text;
}

/// The length of the string that `text` begins with, quotes included.
size_t string_length(std::string_view text) {
  size_t at = 1;
  while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
  return std::min(at + 1, text.size());
}

/// The length of the value that `text` begins with.
size_t value_length(std::string_view text) {
  size_t depth = 0;
  for (size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"') {
      at += string_length(text.substr(at));
      if (depth == 0) return at;
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    const bool is_end = c == '}' || c == ']';
    if (depth == 0 && (is_end || c == ',' || blanks.contains(c))) return at;
    ++at;
    if (is_end && --depth == 0) return at;
  }
  return text.size();
}

}  // namespace

std::optional<std::string_view> find_raw_json(std::string_view object, std::string_view name) {
  std::string_view rest = without_blanks(object);
  while (rest.starts_with('{') || rest.starts_with(',')) {
    rest = without_blanks(rest.substr(1));
    if (!rest.starts_with('"')) return std::nullopt;
    const std::string_view key = rest.substr(0, string_length(rest));
    rest = without_blanks(rest.substr(key.size()));
    if (!rest.starts_with(':')) return std::nullopt;
    rest = without_blanks(rest.substr(1));
    const std::string_view value = rest.substr(0, value_length(rest));
    auto decoded = wire::Json::parse(key);
    if (decoded && decoded->string() == name) return value;
    rest = without_blanks(rest.substr(value.size()));
  }
  return std::nullopt;
}

}  // namespace esclusa::agent
