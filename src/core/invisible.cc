#include "core/invisible.h"

#include <algorithm>
#include <boost/locale/utf.hpp>
#include <cstdio>

namespace esclusa::core {
namespace {

struct Range {
  char32_t first, last;
};

/// Unicode 14.0: Default_Ignorable_Code_Point (DerivedCoreProperties.txt), the general categories
/// Cc, Zs, Zl and Zp except U+0020, the interlinear annotation marks (U+FFF9 to U+FFFB), and the
/// empty Braille pattern (U+2800). Adjacent ranges are merged.
constexpr Range ranges[] = {
    {0x0000, 0x001F},   {0x007F, 0x00A0},   {0x00AD, 0x00AD}, {0x034F, 0x034F}, {0x061C, 0x061C},
    {0x115F, 0x1160},   {0x1680, 0x1680},   {0x17B4, 0x17B5}, {0x180B, 0x180F}, {0x2000, 0x200F},
    {0x2028, 0x202F},   {0x205F, 0x206F},   {0x2800, 0x2800}, {0x3000, 0x3000}, {0x3164, 0x3164},
    {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0}, {0xFFF0, 0xFFFB}, {0x1BCA0, 0x1BCA3},
    {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
};

bool is_invisible(char32_t character) {
  return std::ranges::any_of(ranges, [=](const Range& range) {
    return range.first <= character && character <= range.last;
  });
}

}  // namespace

std::optional<char32_t> find_invisible(std::string_view text) {
  namespace utf = boost::locale::utf;
  for (const char* at = text.data(); at != text.data() + text.size();) {
    const auto character = utf::utf_traits<char>::decode(at, text.data() + text.size());
    if (character == utf::illegal || character == utf::incomplete) return U'\uFFFD';
    if (is_invisible(character)) return character;
  }
  return std::nullopt;
}

std::string code_point_text(char32_t character) {
  char text[16];
  std::snprintf(text, sizeof text, "U+%04X", static_cast<unsigned>(character));
  return text;
}

}  // namespace esclusa::core
