#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace esclusa::core {

/// The short name of a branch or tag, read once for all the patterns that it is matched with.
class RefName {
 public:
  explicit RefName(std::string_view name);

 private:
  friend class RefPattern;
  /// A UTF-8 character, or a byte that belongs to none.
  struct Character {
    char32_t code;  ///< of a byte: above all code points
    char first_byte;
    bool operator==(const Character&) const = default;
  };
  using Part = std::vector<Character>;
  std::vector<Part> parts_;  ///< between the `/`
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
/// Characters are UTF-8 characters. Matching takes at most as many steps as the product of both
/// lengths, for any pattern.
class RefPattern {
 public:
  explicit RefPattern(std::string_view text);
  bool matches(const RefName& name) const;

 private:
  using Character = RefName::Character;
  /// It matches one character of a name, or any number of them.
  struct Piece {
    enum class Kind { character, any, stars, set, nothing };
    Kind kind;
    Character character = {};                                ///< `character`: this one
    std::vector<std::pair<char32_t, char32_t>> ranges = {};  ///< `set`: sorted, apart
    std::string first_bytes = {};  ///< `set`: bytes of the pattern that belong to no character
    bool negated = false;          ///< `set`: matches a character outside of it
  };
  /// The pattern for the part of a name between two `/`.
  struct Part {
    bool after_folders = false;  ///< `**/` precedes it
    std::vector<Piece> pieces = {};
  };

  static Character take_character(std::string_view& text);
  static Piece take_set(std::string_view& text);
  static Piece take_piece(std::string_view& text);
  static Part take_part(std::string_view& text);
  static bool stands_for(const Piece& piece, const Character& character);
  static bool matches_part(const std::vector<Piece>& pieces, const RefName::Part& name);
  friend class RefName;

  std::vector<Part> parts_;
};

/// Checks a pattern before it is stored: 1 to `limits::ref_pattern_bytes` bytes of UTF-8 without
/// control characters. Otherwise `Validation Failed` for the field of the resource.
Result<void> check_ref_pattern(std::string_view pattern,
                               const std::string& resource = "DeploymentBranchPolicy",
                               const std::string& field = "name");

}  // namespace esclusa::core
