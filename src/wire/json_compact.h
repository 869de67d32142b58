#pragma once
#include <string>
#include <string_view>

namespace esclusa::wire {

/// Writes well-formed `json` as JavaScript's JSON.stringify(JSON.parse(json)) does: without
/// whitespace, with the fewest escapes. Two differences: a number whose value JSON.parse would
/// change keeps its digits, and members keep their order.
std::string compact_json(std::string_view json);

}  // namespace esclusa::wire
