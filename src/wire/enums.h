#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/text.h"
#include "core/enum_names.h"
#include "wire/json_body.h"

/// Reads strings of a body that must be names of an enum.
namespace esclusa::wire {

/// The 422 for an unknown name: `V is not a member of ["a", "b"].` The list omits `except`.
template <class Enum>
std::unexpected<Error> not_a_member(std::string_view value, std::optional<Enum> except = {}) {
  std::vector<std::string> names;
  for (const auto& [each, name] : core::enum_names<Enum>::values) {
    if (each != except) names.push_back("\"" + std::string(name) + "\"");
  }
  return fail_request(std::string(value) + " is not a member of [" + join(names, ", ") + "].");
}

/// nullopt if the member is null or absent.
template <class Enum>
Result<std::optional<Enum>> optional_enum(const JsonBody& body, std::string_view name) {
  const auto text = TRY(body.optional_string(name));
  if (!text) return std::nullopt;
  const auto value = core::from_name<Enum>(*text);
  if (!value) return not_a_member<Enum>(*text);
  return value;
}

}  // namespace esclusa::wire
