#pragma once
#include <optional>
#include <string>
#include <string_view>

/// Deltas of a pack: gitformat-pack(5).
namespace esclusa::git {

/// How large it is what a delta makes; nothing if the delta does not say.
std::optional<size_t> made_size(std::string_view delta);

/// What a delta makes of its base, of limits::git_object_bytes at most; nothing if it is broken.
std::optional<std::string> apply_delta(std::string_view base, std::string_view delta);

}  // namespace esclusa::git
