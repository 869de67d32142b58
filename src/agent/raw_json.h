#pragma once
#include <optional>
#include <string_view>

namespace esclusa::agent {

/// The text of a member of a JSON object exactly as it stands there: escapes, digits and blanks
/// inside it included. `object` must be well-formed, which is for wire::Json to find out.
std::optional<std::string_view> find_raw_json(std::string_view object, std::string_view name);

}  // namespace esclusa::agent
