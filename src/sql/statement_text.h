#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace esclusa::sql {

/// A hash for maps with SQL text as the key; allows look-ups by `string_view`.
struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

/// The prepared statements of one connection, by their SQL text.
template <class Statement>
using StatementCache = std::unordered_map<std::string, Statement, TextHash, std::equal_to<>>;

}  // namespace esclusa::sql
