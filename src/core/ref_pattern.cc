#include "core/ref_pattern.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/limits.h"
#include "base/text.h"

namespace esclusa::core {
namespace {

/// The length of the first character; 0 if it is not valid UTF-8.
size_t character_bytes(std::string_view text) {
  for (size_t bytes = 1; bytes <= std::min<size_t>(text.size(), 4); ++bytes) {
    if (is_utf8(text.substr(0, bytes))) return bytes;
  }
  return 0;
}

/// Takes the first character. A byte that is not valid UTF-8 is taken as one character.
std::string_view take_character(std::string_view& text) {
  const std::string_view character = text.substr(0, std::max<size_t>(character_bytes(text), 1));
  text.remove_prefix(character.size());
  return character;
}

/// Takes a `\`, also at the end of the text.
void take_escape(std::string_view& text) {
  if (text.starts_with('\\')) text.remove_prefix(1);
}

/// The characters from `first` to `last`. The order of UTF-8 bytes is the order of the code points.
struct Range {
  std::string_view first;
  std::string_view last;
};

/// A piece of a pattern: it matches one character of a name, or any number of them.
struct Piece {
  enum class Kind { character, any, stars, set, nothing };
  Kind kind;
  std::string_view character = {};  ///< `character`: this one
  std::vector<Range> ranges = {};   ///< `set`
  bool negated = false;             ///< `set`: matches a character outside the ranges
};

/// The pattern for the part of a name between two `/`.
struct Part {
  bool after_folders = false;  ///< `**/` precedes it
  std::vector<Piece> pieces = {};
};

/// Takes the rest of a set, after its `[`. A `/` in it does not end the part.
Piece take_set(std::string_view& text) {
  constexpr Piece::Kind nothing = Piece::Kind::nothing;
  Piece set{.kind = Piece::Kind::set};
  set.negated = text.starts_with('!') || text.starts_with('^');
  if (set.negated) text.remove_prefix(1);
  while (!text.starts_with(']')) {
    const auto take_member = [&]() -> std::optional<std::string_view> {
      take_escape(text);
      if (text.empty()) return std::nullopt;
      return take_character(text);
    };
    const auto first = take_member();
    if (!first) return {.kind = nothing};
    auto last = first;
    if (text.starts_with('-') && !text.starts_with("-]")) {
      text.remove_prefix(1);
      last = take_member();
      if (!last) return {.kind = nothing};
    }
    set.ranges.push_back({*first, *last});
  }
  text.remove_prefix(1);
  return set;
}

Piece take_piece(std::string_view& text) {
  const char front = text.front();
  if (front == '*') {
    text.remove_prefix(std::min(text.find_first_not_of('*'), text.size()));
    return {.kind = Piece::Kind::stars};
  }
  if (front == '?' || front == '[') text.remove_prefix(1);
  if (front == '?') return {.kind = Piece::Kind::any};
  if (front == '[') return take_set(text);
  take_escape(text);
  if (character_bytes(text) == 0) {
    text.remove_prefix(1);
    return {.kind = Piece::Kind::nothing};
  }
  return {.kind = Piece::Kind::character, .character = take_character(text)};
}

/// Whether the part ends here. An escaped `/` ends a part too, but `**` before it is not `**/`.
bool ends_part(std::string_view text) {
  take_escape(text);
  return text.empty() || text.starts_with('/');
}

Part take_part(std::string_view& text) {
  Part part;
  while (text.starts_with("**/")) {
    text.remove_prefix(3);
    part.after_folders = true;
  }
  while (!ends_part(text)) part.pieces.push_back(take_piece(text));
  take_escape(text);
  return part;
}

std::vector<Part> read_pattern(std::string_view text) {
  std::vector<Part> parts{take_part(text)};
  while (!text.empty()) {
    text.remove_prefix(1);
    parts.push_back(take_part(text));
  }
  return parts;
}

/// Whether the first character of `name` is in the range. Both ends are in it, even if the range is
/// empty (`[z-a]`).
bool holds(const Range& range, std::string_view name) {
  if (name.starts_with(range.first) || name.starts_with(range.last)) return true;
  const size_t bytes = character_bytes(name);
  if (bytes == 0 || character_bytes(range.first) == 0 || character_bytes(range.last) == 0) {
    return false;
  }
  const std::string_view character = name.substr(0, bytes);
  return range.first <= character && character <= range.last;
}

/// Whether the piece, which is not `stars`, matches the first character of `name`.
bool stands_for_front(const Piece& piece, std::string_view name) {
  switch (piece.kind) {
    case Piece::Kind::character: return name.starts_with(piece.character);
    case Piece::Kind::any: return true;
    case Piece::Kind::set:
      return piece.negated != std::ranges::any_of(piece.ranges, [&](const Range& range) {
               return holds(range, name);
             });
    case Piece::Kind::stars:
    case Piece::Kind::nothing: break;
  }
  return false;
}

/// Whether the pieces match a whole part of a name. Backtracking to the last star is enough: the
/// stars before it match as little as possible, and need not match more.
bool matches_part(const std::vector<Piece>& pieces, std::string_view name) {
  if (name.starts_with('.') && (pieces.empty() || pieces.front().character != ".")) return false;
  size_t at = 0;
  size_t after_stars = 0;  // index of a piece; 0 before the first star
  std::string_view left_by_stars;
  while (at < pieces.size() || !name.empty()) {
    if (at < pieces.size() && pieces[at].kind == Piece::Kind::stars) {
      after_stars = ++at;
      left_by_stars = name;
      if (at == pieces.size()) return true;
    } else if (name.empty()) {
      return false;
    } else if (at < pieces.size() && stands_for_front(pieces[at], name)) {
      ++at;
      take_character(name);
    } else {
      if (after_stars == 0) return false;
      at = after_stars;
      take_character(left_by_stars);
      name = left_by_stars;
    }
  }
  return true;
}

}  // namespace

// The same algorithm as in `matches_part`: parts instead of pieces, `**/` instead of stars.
bool matches_ref_pattern(std::string_view pattern, std::string_view name) {
  const std::vector<Part> parts = read_pattern(pattern);
  const std::vector<std::string_view> names = split(name, '/');
  size_t part = 0;
  size_t at = 0;
  std::optional<size_t> after_folders;  // index of a part
  size_t left_by_folders = 0;           // index in `names`
  while (part < parts.size() || at < names.size()) {
    if (part < parts.size() && parts[part].after_folders && after_folders != part) {
      after_folders = part;
      left_by_folders = at;
    }
    if (part < parts.size() && at < names.size() && matches_part(parts[part].pieces, names[at])) {
      ++part;
      ++at;
      continue;
    }
    const bool may_skip = after_folders && left_by_folders + 1 < names.size() &&
                          !names[left_by_folders].starts_with('.');
    if (!may_skip) return false;
    part = *after_folders;
    at = ++left_by_folders;
  }
  return true;
}

Result<void> check_ref_pattern(std::string_view pattern, const std::string& resource,
                               const std::string& field) {
  if (!pattern.empty() && pattern.size() <= limits::ref_pattern_bytes && is_utf8(pattern) &&
      !has_control_characters(pattern)) {
    return {};
  }
  return fail_validation({resource, field, "custom",
                          field + " must have 1 to " + std::to_string(limits::ref_pattern_bytes) +
                              " bytes of UTF-8, none of them a control character"},
                         "invalid_ref_pattern");
}

}  // namespace esclusa::core
