#pragma once
#include <string>
#include <string_view>

#include "base/error.h"

namespace esclusa::core {

/// Whether the short name of a branch or tag matches a pattern, by the rules of Ruby's
/// `File.fnmatch(pattern, name, File::FNM_PATHNAME)`, which GitHub documents:
///
/// - `*` matches any characters, `?` one, `[a-z]` one of the set, `[!a-z]` or `[^a-z]` one outside
///   the set; none of them matches a `/`.
/// - A whole folder `**/` matches any number of folders, also none.
/// - A part of the name that begins with a dot needs a dot in the pattern.
/// - `\` makes the next character literal, and is ignored at the end; `{a,b}` is not supported.
/// - A set without its `]` matches nothing.
///
/// Characters are UTF-8 characters. The time is at most proportional to the product of both
/// lengths, for any pattern.
bool matches_ref_pattern(std::string_view pattern, std::string_view name);

/// Checks a pattern before it is stored: 1 to `limits::ref_pattern_bytes` bytes of UTF-8 without
/// control characters. Otherwise `Validation Failed` for the field of the resource.
Result<void> check_ref_pattern(std::string_view pattern,
                               const std::string& resource = "DeploymentBranchPolicy",
                               const std::string& field = "name");

}  // namespace esclusa::core
