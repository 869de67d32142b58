#pragma once
#include <optional>
#include <string>

#include "api/call.h"
#include "base/time.h"
#include "wire/enums.h"

namespace esclusa::api {

/// A query parameter that restricts a list to one value of an enum; `nullopt` if absent or `all`.
template <class Enum>
Result<std::optional<Enum>> enum_filter(const Call& call, const std::string& name) {
  const std::string text = call.query_value(name);
  if (text.empty() || text == "all") return std::nullopt;
  const auto value = core::from_name<Enum>(text);
  if (!value) return wire::not_a_member<Enum>(text);
  return value;
}

/// A query parameter that is a time in ISO 8601 format; `nullopt` if absent.
Result<std::optional<Timestamp>> time_filter(const Call& call, const std::string& name);

}  // namespace esclusa::api
