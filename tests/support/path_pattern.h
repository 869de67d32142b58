#pragma once
#include <map>
#include <string>
#include <string_view>

namespace esclusa::test {

/// Replaces `{name}`, `{name...}` and `{name...?}` by the value of the name.
inline std::string fill(std::string_view pattern, const std::map<std::string, std::string>& names) {
  std::string text;
  while (!pattern.empty()) {
    const auto open_at = pattern.find('{');
    text += pattern.substr(0, open_at);
    if (open_at == pattern.npos) break;
    const auto close_at = pattern.find('}', open_at);
    auto name = close_at == pattern.npos ? "" : pattern.substr(open_at + 1, close_at - open_at - 1);
    name = name.substr(0, name.find("..."));
    auto known = names.find(std::string(name));
    if (known == names.end()) {  // a brace of a JSON body
      text += '{';
      pattern.remove_prefix(open_at + 1);
      continue;
    }
    text += known->second;
    pattern.remove_prefix(close_at + 1);
  }
  return text;
}

}  // namespace esclusa::test
