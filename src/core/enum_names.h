#pragma once
#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace esclusa::core {

/// The names of an enum's values in JSON, in SQL and on the command line. An enum gets its names by
/// a specialisation of `enum_names`.
template <class Enum>
struct enum_names;

template <class Enum>
constexpr std::string_view to_name(Enum value) {
  for (const auto& [candidate, name] : enum_names<Enum>::values) {
    if (candidate == value) return name;
  }
  return {};
}

template <class Enum>
constexpr std::optional<Enum> from_name(std::string_view name) {
  for (const auto& [value, candidate] : enum_names<Enum>::values) {
    if (candidate == name) return value;
  }
  return std::nullopt;
}

template <class Enum, size_t count>
using NameTable = std::array<std::pair<Enum, std::string_view>, count>;

}  // namespace esclusa::core
