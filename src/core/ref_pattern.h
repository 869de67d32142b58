#pragma once
#include <bitset>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/limits.h"

namespace esclusa::core {

/// The short name of a branch or tag, read once for all the patterns that it is matched with.
class RefName {
 public:
  explicit RefName(std::string_view name);

 private:
  friend class RefPattern;
  std::u32string characters_;  ///< code points; a byte that belongs to none is above all of them
};

/// A pattern for the short names of branches and tags, by the rules of Ruby's
/// `File.fnmatch(pattern, name, File::FNM_PATHNAME)`, which GitHub documents:
///
/// - `*` matches any characters, `?` one, `[a-z]` one of the set, `[!a-z]` or `[^a-z]` one outside
///   the set; none of them matches a `/`.
/// - A whole folder `**/` matches any number of folders, also none.
/// - A part of the name that begins with a dot needs a dot in the pattern.
/// - `\` makes the next character literal, and is ignored at the end; `{a,b}` is not supported.
/// - A set without its `]` matches nothing.
///
/// Characters are UTF-8 characters. A pattern of more than `limits::ref_pattern_bytes` bytes
/// matches nothing. Each character of a name is looked at once, whatever the pattern is.
class RefPattern {
 public:
  explicit RefPattern(std::string_view text);
  bool matches(const RefName& name) const;

 private:
  friend class RefName;
  /// A set of places in the pattern: before each of its pieces, and at its end.
  using Places = std::bitset<limits::ref_pattern_bytes + 1>;
  class Reader;

  const Places& standing_for(char32_t character) const;

  size_t end_ = 0;
  Places begins_;   ///< of the parts between the `/`
  Places folders_;  ///< behind a `**/`
  Places stars_;    ///< before a `*`
  Places slashes_;  ///< before a `/`
  Places dots_;     ///< before a literal dot
  /// Before the pieces that match a character, from this one up to that of the next entry.
  std::vector<std::pair<char32_t, Places>> standing_;
};

/// Checks a pattern before it is stored: 1 to `limits::ref_pattern_bytes` bytes of UTF-8 without
/// control characters. Otherwise `Validation Failed` for the field of the resource.
Result<void> check_ref_pattern(std::string_view pattern,
                               const std::string& resource = "DeploymentBranchPolicy",
                               const std::string& field = "name");

}  // namespace esclusa::core
