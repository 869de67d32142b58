#pragma once
#include <optional>
#include <string>
#include <string_view>

/// Deltas of a pack: gitformat-pack(5).
namespace esclusa::git {

/// Takes one of the two sizes with which a delta begins: of its base, then of what it makes. Seven
/// bits a byte, the lowest first. False if there is none.
bool take_delta_size(std::string_view& from, size_t& size);

/// What a delta makes of its base, of limits::git_object_bytes at most; nothing if it is broken.
std::optional<std::string> apply_delta(std::string_view base, std::string_view delta);

}  // namespace esclusa::git
