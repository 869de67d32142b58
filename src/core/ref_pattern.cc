#include "core/ref_pattern.h"

#include <algorithm>
#include <optional>

#include "base/limits.h"
#include "base/text.h"

namespace esclusa::core {
namespace {

constexpr char32_t first_byte_code = 0x110000;  ///< above all code points

/// The length of the first character; 0 if it is not valid UTF-8.
size_t character_bytes(std::string_view text) {
  for (size_t bytes = 1; bytes <= std::min<size_t>(text.size(), 4); ++bytes) {
    if (is_utf8(text.substr(0, bytes))) return bytes;
  }
  return 0;
}

/// The code point of one valid UTF-8 character.
char32_t code_point(std::string_view character) {
  const auto first = static_cast<unsigned char>(character.front());
  if (character.size() == 1) return first;
  char32_t code = first & (0x7fU >> character.size());
  for (const char byte : character.substr(1)) {
    code = code << 6 | (static_cast<unsigned char>(byte) & 0x3fU);
  }
  return code;
}

/// Takes a `\`, also at the end of the text.
void take_escape(std::string_view& text) {
  if (text.starts_with('\\')) text.remove_prefix(1);
}

/// Whether the part ends here. An escaped `/` ends a part too, but `**` before it is not `**/`.
bool ends_part(std::string_view text) {
  take_escape(text);
  return text.empty() || text.starts_with('/');
}

/// Sorts ranges, and joins those that meet.
void join_ranges(std::vector<std::pair<char32_t, char32_t>>& ranges) {
  std::ranges::sort(ranges);
  size_t count = 0;
  for (const auto& range : ranges) {
    if (count > 0 && range.first <= ranges[count - 1].second + 1) {
      ranges[count - 1].second = std::max(ranges[count - 1].second, range.second);
    } else {
      ranges[count++] = range;
    }
  }
  ranges.resize(count);
}

}  // namespace

/// Takes the first character. A byte that is not valid UTF-8 is taken as one character.
RefPattern::Character RefPattern::take_character(std::string_view& text) {
  const size_t bytes = character_bytes(text);
  const char first = text.front();
  const char32_t code = bytes == 0 ? first_byte_code + static_cast<unsigned char>(first)
                                   : code_point(text.substr(0, bytes));
  text.remove_prefix(std::max<size_t>(bytes, 1));
  return {code, first};
}

RefName::RefName(std::string_view name) {
  for (std::string_view text : split(name, '/')) {
    Part& part = parts_.emplace_back();
    while (!text.empty()) part.push_back(RefPattern::take_character(text));
  }
}

/// Takes the rest of a set, after its `[`. A `/` in it does not end the part. Both ends of a range
/// are in the set, even if the range is empty (`[z-a]`).
RefPattern::Piece RefPattern::take_set(std::string_view& text) {
  constexpr Piece::Kind nothing = Piece::Kind::nothing;
  Piece set{.kind = Piece::Kind::set};
  set.negated = text.starts_with('!') || text.starts_with('^');
  if (set.negated) text.remove_prefix(1);
  while (!text.starts_with(']')) {
    const auto take_member = [&]() -> std::optional<Character> {
      take_escape(text);
      if (text.empty()) return std::nullopt;
      const Character member = take_character(text);
      if (member.code >= first_byte_code) {
        set.first_bytes += member.first_byte;
      } else {
        set.ranges.emplace_back(member.code, member.code);
      }
      return member;
    };
    const auto first = take_member();
    if (!first) return {.kind = nothing};
    if (!text.starts_with('-') || text.starts_with("-]")) continue;
    text.remove_prefix(1);
    const auto last = take_member();
    if (!last) return {.kind = nothing};
    if (first->code < last->code && last->code < first_byte_code) {
      set.ranges.emplace_back(first->code, last->code);
    }
  }
  text.remove_prefix(1);
  join_ranges(set.ranges);
  return set;
}

RefPattern::Piece RefPattern::take_piece(std::string_view& text) {
  const char front = text.front();
  if (front == '*') {
    text.remove_prefix(std::min(text.find_first_not_of('*'), text.size()));
    return {.kind = Piece::Kind::stars};
  }
  if (front == '?' || front == '[') text.remove_prefix(1);
  if (front == '?') return {.kind = Piece::Kind::any};
  if (front == '[') return take_set(text);
  take_escape(text);
  const Character character = take_character(text);
  if (character.code >= first_byte_code) return {.kind = Piece::Kind::nothing};
  return {.kind = Piece::Kind::character, .character = character};
}

RefPattern::Part RefPattern::take_part(std::string_view& text) {
  Part part;
  while (text.starts_with("**/")) {
    text.remove_prefix(3);
    part.after_folders = true;
  }
  while (!ends_part(text)) part.pieces.push_back(take_piece(text));
  take_escape(text);
  return part;
}

RefPattern::RefPattern(std::string_view text) : parts_{take_part(text)} {
  while (!text.empty()) {
    text.remove_prefix(1);
    parts_.push_back(take_part(text));
  }
}

/// Whether the piece, which is not `stars`, matches that character.
bool RefPattern::stands_for(const Piece& piece, const Character& character) {
  switch (piece.kind) {
    case Piece::Kind::character: return piece.character == character;
    case Piece::Kind::any: return true;
    case Piece::Kind::set: {
      const auto after = std::ranges::upper_bound(piece.ranges, character.code, {},
                                                  &std::pair<char32_t, char32_t>::first);
      const bool holds =
          (after != piece.ranges.begin() && character.code <= std::prev(after)->second) ||
          piece.first_bytes.contains(character.first_byte);
      return piece.negated != holds;
    }
    case Piece::Kind::stars:
    case Piece::Kind::nothing: break;
  }
  return false;
}

/// Whether the pieces match a whole part of a name. Backtracking to the last star is enough: the
/// stars before it match as little as possible, and need not match more.
bool RefPattern::matches_part(const std::vector<Piece>& pieces, const RefName::Part& name) {
  constexpr Character dot{'.', '.'};
  if (!name.empty() && name.front() == dot && (pieces.empty() || pieces.front().character != dot)) {
    return false;
  }
  size_t piece = 0;
  size_t at = 0;
  size_t after_stars = 0;  // index of a piece; 0 before the first star
  size_t left_by_stars = 0;
  while (piece < pieces.size() || at < name.size()) {
    if (piece < pieces.size() && pieces[piece].kind == Piece::Kind::stars) {
      after_stars = ++piece;
      left_by_stars = at;
      if (piece == pieces.size()) return true;
    } else if (at == name.size()) {
      return false;
    } else if (piece < pieces.size() && stands_for(pieces[piece], name[at])) {
      ++piece;
      ++at;
    } else {
      if (after_stars == 0) return false;
      piece = after_stars;
      at = ++left_by_stars;
    }
  }
  return true;
}

// The same algorithm as in `matches_part`: parts instead of pieces, `**/` instead of stars.
bool RefPattern::matches(const RefName& name) const {
  const std::vector<RefName::Part>& names = name.parts_;
  size_t part = 0;
  size_t at = 0;
  std::optional<size_t> after_folders;  // index of a part
  size_t left_by_folders = 0;           // index in `names`
  while (part < parts_.size() || at < names.size()) {
    if (part < parts_.size() && parts_[part].after_folders && after_folders != part) {
      after_folders = part;
      left_by_folders = at;
    }
    if (part < parts_.size() && at < names.size() && matches_part(parts_[part].pieces, names[at])) {
      ++part;
      ++at;
      continue;
    }
    const bool may_skip =
        after_folders && left_by_folders + 1 < names.size() &&
        (names[left_by_folders].empty() || names[left_by_folders].front().code != '.');
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
