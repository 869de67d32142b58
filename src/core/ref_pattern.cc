#include "core/ref_pattern.h"

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace esclusa::core {
namespace {

constexpr char32_t byte_code = 0x110000;  ///< of byte 0; above all code points

/// The length of the first character; 0 if it is not valid UTF-8.
size_t character_bytes(std::string_view text) {
  for (size_t bytes = 1; bytes <= std::min<size_t>(text.size(), 4); ++bytes) {
    if (is_utf8(text.substr(0, bytes))) return bytes;
  }
  return 0;
}

/// Takes the first character: its code point. A byte that belongs to none is a character.
char32_t take_character(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  const size_t bytes = first < 0x80 ? 1 : character_bytes(text);
  char32_t code = bytes == 0 ? byte_code + first : bytes == 1 ? first : first & (0x7fU >> bytes);
  for (size_t i = 1; i < bytes; ++i) {
    code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3fU);
  }
  text.remove_prefix(std::max<size_t>(bytes, 1));
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

/// Inclusive.
using Range = std::pair<char32_t, char32_t>;

/// Sorts ranges, and joins those that meet.
void join_ranges(std::vector<Range>& ranges) {
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

/// What a member of a set matches. A byte that belongs to no character, as Ruby has it: itself, and
/// each character that begins with it.
void add_member(std::vector<Range>& ranges, char32_t member) {
  ranges.emplace_back(member, member);
  if (member < byte_code) return;
  const char32_t byte = member - byte_code;
  if (byte >= 0xc2 && byte <= 0xdf)
    ranges.emplace_back((byte & 0x1f) << 6, (byte & 0x1f) << 6 | 0x3f);
  if (byte >= 0xe0 && byte <= 0xef) {
    ranges.emplace_back(std::max<char32_t>((byte & 0xf) << 12, 0x800), (byte & 0xf) << 12 | 0xfff);
  }
  if (byte >= 0xf0 && byte <= 0xf4) {
    ranges.emplace_back(std::max<char32_t>((byte & 7) << 18, 0x10000),
                        std::min<char32_t>((byte & 7) << 18 | 0x3ffff, byte_code - 1));
  }
}

}  // namespace

RefName::RefName(std::string_view name) {
  while (!name.empty()) characters_ += take_character(name);
}

/// Reads a pattern, piece by piece.
class RefPattern::Reader {
 public:
  Reader(RefPattern& pattern, std::string_view text) : pattern_(pattern), text_(text) {}

  void read() {
    take_part();
    while (!text_.empty()) {
      text_.remove_prefix(1);
      pattern_.slashes_.set(pattern_.end_++);
      take_part();
    }
    write_standing();
  }

 private:
  void take_part() {
    pattern_.begins_.set(pattern_.end_);
    while (text_.starts_with("**/")) {
      text_.remove_prefix(3);
      pattern_.folders_.set(pattern_.end_);
    }
    while (!ends_part(text_)) {
      take_piece();
      ++pattern_.end_;
    }
    take_escape(text_);
  }

  void take_piece() {
    const char front = text_.front();
    if (front == '*') {
      text_.remove_prefix(std::min(text_.find_first_not_of('*'), text_.size()));
      pattern_.stars_.set(pattern_.end_);
    } else if (front == '?') {
      text_.remove_prefix(1);
      turn(0);
    } else if (front == '[') {
      text_.remove_prefix(1);
      take_set();
    } else {
      take_escape(text_);
      const char32_t character = take_character(text_);
      if (character == '.') pattern_.dots_.set(pattern_.end_);
      if (character < byte_code) stand_for({character, character});
    }
  }

  /// Takes the rest of a set, after its `[`. A `/` in it does not end the part. Both ends of a
  /// range are in the set, even if the range is empty (`[z-a]`).
  void take_set() {
    const bool is_negated = text_.starts_with('!') || text_.starts_with('^');
    if (is_negated) text_.remove_prefix(1);
    std::vector<Range> ranges;
    const auto take_member = [&]() -> std::optional<char32_t> {
      take_escape(text_);
      if (text_.empty()) return std::nullopt;
      const char32_t member = take_character(text_);
      add_member(ranges, member);
      return member;
    };
    while (!text_.starts_with(']')) {
      const auto first = take_member();
      if (!first) return;
      if (!text_.starts_with('-') || text_.starts_with("-]")) continue;
      text_.remove_prefix(1);
      const auto last = take_member();
      if (!last) return;
      if (*first < *last && *last < byte_code) ranges.emplace_back(*first, *last);
    }
    text_.remove_prefix(1);
    join_ranges(ranges);
    if (is_negated) turn(0);
    for (const Range& range : ranges) stand_for(range);
  }

  void stand_for(const Range& range) {
    turn(range.first);
    turn(range.second + 1);
  }
  /// From that character on, the piece stands for characters if it did not, and the reverse.
  void turn(char32_t from) { turns_.emplace_back(from, pattern_.end_); }

  void write_standing() {
    std::ranges::sort(turns_);
    auto& standing = pattern_.standing_;
    standing.emplace_back();
    for (const auto& [from, place] : turns_) {
      if (standing.back().first != from) standing.emplace_back(from, standing.back().second);
      standing.back().second.flip(place);
    }
  }

  RefPattern& pattern_;
  std::string_view text_;
  std::vector<std::pair<char32_t, size_t>> turns_;
};

RefPattern::RefPattern(std::string_view text) {
  if (text.size() <= limits::ref_pattern_bytes) Reader(*this, text).read();
}

const RefPattern::Places& RefPattern::standing_for(char32_t character) const {
  return std::prev(std::ranges::upper_bound(standing_, character, {},
                                            &std::pair<char32_t, Places>::first))
      ->second;
}

bool RefPattern::matches(const RefName& name) const {
  if (standing_.empty()) return false;  // it was too long
  const auto past_stars = [this](const Places& places) { return places | (places & stars_) << 1; };
  Places places = past_stars(Places(1));
  Places skipping;  // places behind a `**/`, while the name is in a folder that it matches
  bool begins = true;
  for (const char32_t character : name.characters_) {
    if (character == '/') {
      places = (places & slashes_) << 1 | (places & folders_) | skipping;
      skipping.reset();
    } else if (begins && character == '.') {
      places = (places & begins_ & dots_) << 1;
    } else {
      if (begins) skipping = places & folders_;
      places = (places & standing_for(character)) << 1 | (places & stars_);
    }
    begins = character == '/';
    places = past_stars(places);
    if (places.none() && skipping.none()) return false;
  }
  return places[end_];
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
