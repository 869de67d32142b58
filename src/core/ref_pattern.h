#pragma once
#include <string>
#include <string_view>

#include "base/error.h"

namespace esclusa::core {

/// Whether a branch's or tag's short name fits a pattern, as Ruby's
/// `File.fnmatch(pattern, name, File::FNM_PATHNAME)` has it, which GitHub names as its rule:
///
/// - `*` is any characters, `?` one, `[a-z]` one of a set, `[!a-z]` or `[^a-z]` one of none of it;
///   none of them is ever a `/`.
/// - Whole folders `**/` stand for any number of folders, none included.
/// - A part that begins with a dot needs a dot in the pattern.
/// - `\` takes the next character as it is, and is nothing at the end; there are no `{a,b}`.
/// - A set that does not end fits nothing.
///
/// Characters are those of UTF-8. The time is at most proportional to the product of both lengths,
/// whatever the pattern is.
bool matches_ref_pattern(std::string_view pattern, std::string_view name);

/// A pattern that can be kept: one to `limits::ref_pattern_bytes` bytes of UTF-8 without control
/// characters. Otherwise a `Validation Failed` about the resource's field.
Result<void> check_ref_pattern(std::string_view pattern,
                               const std::string& resource = "DeploymentBranchPolicy",
                               const std::string& field = "name");

}  // namespace esclusa::core
