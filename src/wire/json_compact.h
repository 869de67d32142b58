#pragma once
#include <string>
#include <string_view>

namespace esclusa::wire {

/// `json`, which must be well-formed, as JavaScript's JSON.stringify writes what JSON.parse reads
/// of it: no blanks, the fewest escapes. A number that is another one after JSON.parse keeps its
/// digits, and members keep their order. What survives JSON.parse unchanged in value and order
/// comes out exactly as JSON.stringify gives it.
std::string compact_json(std::string_view json);

}  // namespace esclusa::wire
