#include "core/team.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"

namespace esclusa::core {
namespace {

/// The letters from U+00C0 to U+017F as ASCII lower case without accents, run-length encoded. `-`
/// stands for × and ÷, which are no letters.
struct Run {
  std::string_view plain;
  unsigned count;
};
constexpr unsigned first_letter = 0xC0;
constexpr Run letters[] = {
    {"a", 6}, {"ae", 1}, {"c", 1},  {"e", 4},  {"i", 4},  {"d", 1},  {"n", 1},  {"o", 5},
    {"-", 1}, {"o", 1},  {"u", 4},  {"y", 1},  {"th", 1}, {"ss", 1}, {"a", 6},  {"ae", 1},
    {"c", 1}, {"e", 4},  {"i", 4},  {"d", 1},  {"n", 1},  {"o", 5},  {"-", 1},  {"o", 1},
    {"u", 4}, {"y", 1},  {"th", 1}, {"y", 1},  // up to U+00FF
    {"a", 6}, {"c", 8},  {"d", 4},  {"e", 10}, {"g", 8},  {"h", 4},  {"i", 10}, {"ij", 2},
    {"j", 2}, {"k", 3},  {"l", 10}, {"n", 9},  {"o", 6},  {"oe", 2}, {"r", 6},  {"s", 8},
    {"t", 6}, {"u", 12}, {"w", 2},  {"y", 3},  {"z", 6},  {"s", 1}};  // up to U+017F

std::string_view plain_letter(unsigned code) {
  if (code >= 0x300 && code < 0x370) return "";  // a combining accent
  if (code < first_letter) return "-";
  unsigned before = code - first_letter;
  for (const Run& run : letters) {
    if (before < run.count) return run.plain;
    before -= run.count;
  }
  return "-";
}

/// The slug's text for the character at `at`; moves `at` behind the character. `text` is UTF-8.
std::string_view take_plain(std::string_view text, size_t& at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) {
    const std::string_view ascii = text.substr(at++, 1);
    const bool stays = (lead >= 'a' && lead <= 'z') || (lead >= '0' && lead <= '9') || lead == '_';
    return stays ? ascii : "-";
  }
  const size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  const auto follower = static_cast<unsigned char>(text[at + 1]);
  at += length;
  return length == 2 ? plain_letter((lead & 0x1Fu) << 6 | (follower & 0x3Fu)) : "-";
}

}  // namespace

std::string team_slug(std::string_view name) {
  const std::string lower = ascii_lower(name);
  std::string slug;
  for (size_t at = 0; at < lower.size();) {
    const std::string_view plain = take_plain(lower, at);
    if (plain != "-" || (!slug.empty() && slug.back() != '-')) slug += plain;
  }
  if (slug.ends_with('-')) slug.pop_back();
  return slug;
}

Result<void> check_team(const Team& team) {
  auto refused = [](const char* field, const char* message, const char* reason_code) {
    return fail_validation({"Team", field, "custom", message}, reason_code);
  };
  if (utf8_length(team.name) > limits::team_name_chars || has_control_characters(team.name) ||
      team.slug.empty()) {
    return refused("name",
                   "name must have 1 to 255 characters, none of them a control character, and a "
                   "letter or digit of the Latin alphabet",
                   "invalid_team_name");
  }
  if (utf8_length(team.description) > limits::description_chars) {
    return refused("description", "description is too long (maximum is 1024 characters)",
                   "too_long");
  }
  return {};
}

std::unexpected<Error> team_exists() {
  return fail_validation({"Team", "name", "already_exists", "Name must be unique for this org"},
                         "team_exists");
}

}  // namespace esclusa::core
