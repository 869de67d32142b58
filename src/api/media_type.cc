#include "api/media_type.h"

#include <algorithm>

#include "base/text.h"

namespace esclusa::api {
namespace {

/// Letters, digits and hyphens: words that may be repeated in a header of the answer.
bool is_plain(std::string_view word) {
  return !word.empty() && std::ranges::all_of(word, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

/// `application/vnd.github[.version][.param][+format]`; empty if the media type is not GitHub's.
std::string github_type(std::string_view type) {
  constexpr std::string_view prefix = "application/vnd.github";
  if (type == "*/*" || type == "application/*" || type == "application/json") {
    return "github.v3; format=json";
  }
  if (!type.starts_with(prefix)) return "";
  type.remove_prefix(prefix.size());
  std::string version = "v3", param, format;
  if (auto plus = type.find('+'); plus != type.npos) {
    if (!is_plain(type.substr(plus + 1))) return "";
    format = "; format=" + std::string(type.substr(plus + 1));
    type = type.substr(0, plus);
  }
  if (!type.empty() && !type.starts_with('.')) return "";
  if (!type.empty()) type.remove_prefix(1);
  for (std::string_view word : type.empty() ? std::vector<std::string_view>{} : split(type, '.')) {
    if (!is_plain(word)) return "";
    if (word == "v3" || word == "beta" || word.ends_with("-preview")) {
      version = word;
    } else {
      param = "; param=" + std::string(word);
    }
  }
  return "github." + version + param + format;
}

}  // namespace

std::string media_type(const http::Headers& headers) {
  bool asked = false;
  std::vector<std::string> types;
  for (const http::Header& field : headers) {
    if (!equal_ignoring_case(field.name, "Accept") || trim(field.value).empty()) continue;
    asked = true;
    for (std::string_view part : split(field.value, ',')) {
      std::string type = github_type(ascii_lower(trim(part.substr(0, part.find(';')))));
      if (!type.empty() && std::ranges::count(types, type) == 0) types.push_back(std::move(type));
    }
  }
  if (!asked) return "github.v3; format=json";
  return types.empty() ? "unknown, github.v3" : join(types, ", ");
}

http::Response raw_response(std::string bytes) {
  return {200, {{"Content-Type", "application/vnd.github.raw; charset=utf-8"}}, std::move(bytes)};
}

bool accepts(const http::Headers& headers, std::string_view form) {
  const auto accept = headers.find("Accept");
  if (!accept) return false;
  return accept->contains("application/vnd.github." + std::string(form)) ||
         accept->contains("application/vnd.github.v3." + std::string(form));
}

}  // namespace esclusa::api
