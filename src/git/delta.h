#pragma once
#include <optional>
#include <string>
#include <string_view>

/// Deltas in a pack: gitformat-pack(5).
namespace esclusa::git {

/// The size of a delta's result; nothing if the delta is malformed.
std::optional<size_t> made_size(std::string_view delta);

/// Applies a delta to its base; the result has at most limits::git_object_bytes. Nothing if the
/// delta is malformed.
std::optional<std::string> apply_delta(std::string_view base, std::string_view delta);

}  // namespace esclusa::git
