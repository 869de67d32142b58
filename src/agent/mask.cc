#include "agent/mask.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "agent/ssh.h"
#include "agent/values.h"
#include "base/crypto.h"
#include "base/text.h"

namespace esclusa::agent {
namespace {

constexpr size_t key_bytes = 4;   ///< patterns are looked up by so many bytes
constexpr size_t breaks_max = 4;  ///< characters of line breaks within a secret: two of \r\n
constexpr std::string_view hex_digits = "0123456789abcdef";

bool is_line_break(char c) { return c == '\n' || c == '\r'; }

uint32_t key_of(std::string_view text) {
  uint32_t key = 0;
  for (const char c : text.substr(0, key_bytes)) key = key << 8 | static_cast<unsigned char>(c);
  return key;
}

size_t pair_of(std::string_view text) {
  return static_cast<size_t>(static_cast<unsigned char>(text[0])) << 8 |
         static_cast<unsigned char>(text[1]);
}

std::string upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

/// The part of base64 that is the same whatever stands before the text, when `before` bytes of a
/// group of three do, and whatever follows.
std::string base64_core(std::string_view text, size_t before) {
  const std::string all = base64(std::string(before, '\0') + std::string(text));
  const size_t begin = (before * 8 + 5) / 6;
  const size_t end = (before + text.size()) * 8 / 6;
  return end > begin ? all.substr(begin, end - begin) : "";
}

/// To the alphabet for URLs and file names.
std::string url_alphabet(std::string text) {
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

/// The ways in which libraries write a JSON string.
struct JsonForm {
  bool ascii;  ///< other characters as \uXXXX
  bool slash;  ///< also \/
  bool html;   ///< also <, > and & as \u00XX
  bool upper;  ///< the digits of \uXXXX
};

void append_unit(std::string& out, uint32_t unit, bool is_upper) {
  std::string digits;
  for (int shift = 12; shift >= 0; shift -= 4) digits += hex_digits[unit >> shift & 15];
  out += "\\u" + (is_upper ? upper(digits) : digits);
}

/// The character at the beginning of valid UTF-8, and its length.
std::pair<uint32_t, size_t> first_character(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  uint32_t character = length == 1 ? first : first & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) {
    character = character << 6 | (static_cast<unsigned char>(text[i]) & 0x3F);
  }
  return {character, length};
}

/// The inside of a JSON string.
std::string json_form(std::string_view text, const JsonForm& form) {
  constexpr std::string_view short_names = "\"\"\\\\\bb\ff\nn\rr\tt";
  std::string out;
  while (!text.empty()) {
    const char c = text[0];
    const auto [character, length] = first_character(text);
    size_t name = 0;
    while (name < short_names.size() && short_names[name] != c) name += 2;
    if (name < short_names.size()) {
      out += std::string("\\") + short_names[name + 1];
    } else if (c == '/' && form.slash) {
      out += "\\/";
    } else if (character < 0x20 || (form.html && (c == '<' || c == '>' || c == '&')) ||
               (form.ascii && character >= 0x7F && character < 0x10000)) {
      append_unit(out, character, form.upper);
    } else if (form.ascii && character >= 0x10000) {
      append_unit(out, 0xD800 + ((character - 0x10000) >> 10), form.upper);
      append_unit(out, 0xDC00 + ((character - 0x10000) & 0x3FF), form.upper);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return out;
}

std::vector<std::string> json_forms(std::string_view text) {
  std::vector<std::string> forms;
  for (unsigned bits = 0; bits < 16; ++bits) {
    forms.push_back(json_form(text, {.ascii = (bits & 1) != 0,
                                     .slash = (bits & 2) != 0,
                                     .html = (bits & 4) != 0,
                                     .upper = (bits & 8) != 0}));
  }
  std::string ours;
  append_json_string(ours, text);
  forms.push_back(ours.substr(1, ours.size() - 2));
  for (const bool ascii : {false, true}) {
    const JsonForm form{.ascii = ascii, .slash = false, .html = false, .upper = false};
    forms.push_back(json_form(json_form(text, form), form));
  }
  return forms;
}

std::vector<std::string> url_forms(std::string_view text) {
  // What is kept by: RFC 3986, paths, encodeURIComponent, form data, encodeURI.
  constexpr std::string_view form_kept = "*";
  constexpr std::array<std::string_view, 5> kept = {"", "/", "!'()*", form_kept,
                                                    ";,/?:@&=+$!'()*#"};
  std::vector<std::string> forms;
  for (const std::string_view keep : kept) {
    for (const std::string_view space : {"%20", "+", " "}) {
      std::string encoded;
      std::string lower;
      for (const char c : text) {
        std::string one = percent_encode(std::string_view(&c, 1), keep);
        if (c == ' ') one = space;
        if (c == '~' && keep == form_kept) one = "%7E";
        encoded += one;
        lower += one.size() == 3 ? ascii_lower(one) : one;
      }
      forms.push_back(std::move(encoded));
      forms.push_back(std::move(lower));
    }
  }
  return forms;
}

/// The ways in which shells and `shlex` write a text within quotes or without.
std::vector<std::string> shell_forms(std::string_view text) {
  const std::string quoted = shell_quoted(text);
  std::string by_double_quotes;
  std::string by_backslashes;
  std::string in_double_quotes;
  for (const char c : text) {
    by_double_quotes += c == '\'' ? "'\"'\"'" : std::string(1, c);
    const bool is_plain = percent_encode(std::string_view(&c, 1), "/:=@%+,").size() == 1 ||
                          static_cast<unsigned char>(c) >= 0x80;
    by_backslashes += (is_plain ? "" : "\\") + std::string(1, c);
    const bool is_special = c == '"' || c == '\\' || c == '$' || c == '`';
    in_double_quotes += (is_special ? "\\" : "") + std::string(1, c);
  }
  return {quoted.substr(1, quoted.size() - 2), by_double_quotes, by_backslashes, in_double_quotes};
}

/// The ways in which libraries escape a text for HTML or XML.
std::set<std::string> html_forms(std::string_view text) {
  constexpr std::array<std::string_view, 2> greater = {"&gt;", ">"};
  constexpr std::array<std::string_view, 3> double_quote = {"&quot;", "&#34;", "\""};
  constexpr std::array<std::string_view, 5> single_quote = {"&#39;", "&apos;", "&#x27;", "&#039;",
                                                            "'"};
  std::set<std::string> forms;
  if (text.find_first_of("&<>\"'") == std::string_view::npos) return forms;
  for (const std::string_view gt : greater) {
    for (const std::string_view quot : double_quote) {
      for (const std::string_view apos : single_quote) {
        std::string form;
        for (const char c : text) {
          switch (c) {
            case '&': form += "&amp;"; break;
            case '<': form += "&lt;"; break;
            case '>': form += gt; break;
            case '"': form += quot; break;
            case '\'': form += apos; break;
            default: form += c;
          }
        }
        forms.insert(std::move(form));
      }
    }
  }
  return forms;
}

}  // namespace

Mask::Held::~Held() { wipe(text); }

Mask::~Mask() {
  while (!patterns_.empty()) {
    auto node = patterns_.extract(patterns_.begin());
    wipe(node.value());
  }
}

void Mask::add_pattern(std::string pattern) {
  std::erase_if(pattern, is_line_break);
  const bool is_known = pattern.size() < key_bytes || patterns_.contains(pattern);
  if (!is_known && patterns_.size() >= patterns_max) is_over_full_ = true;
  if (is_known || is_over_full_) {
    wipe(pattern);
    return;
  }
  first_pairs_.resize(1 << 16);
  first_pairs_[pair_of(pattern)] = true;
  for (size_t length = 1; length < key_bytes; ++length) {
    beginnings_.insert(pattern.substr(0, length));
  }
  first_fours_.insert(key_of(pattern));
  patterns_.insert(std::move(pattern));
}

void Mask::hide_forms(std::string_view text) {
  add_pattern(std::string(text));
  for (size_t before = 0; before < 3; ++before) {
    const std::string core = base64_core(text, before);
    add_pattern(core);
    add_pattern(url_alphabet(core));
  }
  // With the last character, which is certain where nothing follows.
  std::string padded = base64(text);
  while (padded.ends_with('=')) padded.pop_back();
  add_pattern(padded);
  add_pattern(url_alphabet(padded));
  add_pattern(hex(text));
  add_pattern(upper(hex(text)));
  for (std::string& form : url_forms(text)) add_pattern(std::move(form));
  for (std::string& form : shell_forms(text)) add_pattern(std::move(form));
  for (const std::string& form : html_forms(text)) add_pattern(form);
  if (!is_utf8(text)) return;
  for (std::string& form : json_forms(text)) add_pattern(std::move(form));
}

bool Mask::hide(std::string_view value) {
  const auto is_long = [](std::string_view text) {
    return (is_utf8(text) ? utf8_length(text) : text.size()) >= shortest_chars;
  };
  if (!is_long(value)) return false;
  hide_forms(value);
  std::set<std::string_view> parts = {trim(value)};
  for (std::string_view line : split(value, '\n')) {
    parts.insert(line);
    if (line.ends_with('\r')) line.remove_suffix(1);
    parts.insert(line);
    parts.insert(trim(line));
  }
  for (const std::string_view part : parts) {
    if (is_over_full_) return false;
    if (part != value && is_long(part)) hide_forms(part);
  }
  return !is_over_full_;
}

Mask::Found Mask::look(std::string_view flat, size_t from) const {
  const std::string_view rest = flat.substr(from);
  if (rest.size() < key_bytes) return {.may_begin = beginnings_.contains(std::string(rest))};
  if (!first_pairs_[pair_of(rest)]) return {};
  if (!first_fours_.contains(key_of(rest))) return {};
  Found found;
  auto next = patterns_.upper_bound(rest);
  found.may_begin = next != patterns_.end() && next->starts_with(rest);
  // In the order of the patterns, one that is a beginning of the text comes before it, and all in
  // between begin with it. So it also is a beginning of what the text and the last of them share.
  while (next != patterns_.begin()) {
    const std::string& before = *std::prev(next);
    const auto differ = std::ranges::mismatch(before, rest);
    const auto shared = static_cast<size_t>(differ.in1 - before.begin());
    if (shared == before.size()) {
      found.matched = shared;
      break;
    }
    if (shared < key_bytes) break;
    next = patterns_.upper_bound(rest.substr(0, shared));
  }
  return found;
}

std::string Mask::advance(Held& held, End text_end) const {
  // The text without line breaks, and where each of its bytes stands in the text.
  std::string flat;
  std::vector<size_t> places;
  flat.reserve(held.text.size());
  places.reserve(held.text.size());
  size_t breaks = 0;
  for (size_t i = 0; i < held.text.size(); ++i) {
    breaks = is_line_break(held.text[i]) ? breaks + 1 : 0;
    // No program wraps lines by many breaks: without a limit, they would be held without end.
    if (breaks > 0 && breaks != breaks_max + 1) continue;
    flat += held.text[i];
    places.push_back(i);
  }
  std::string out;
  const auto show_until = [&](size_t end) {
    if (held.shown < held.hidden) held.shown = std::min(held.hidden, end);
    if (held.shown >= end) return;
    out.append(held.text, held.shown, end - held.shown);
    held.shown = end;
  };
  const auto hide_until = [&](size_t begin, size_t end) {
    if (end <= held.hidden) return;
    if (begin > held.hidden || (held.hidden == 0 && !held.follows_hidden)) {
      show_until(begin);
      out += stars;
    }
    held.hidden = end;
  };
  size_t undecided = held.text.size();
  for (size_t i = 0; i < flat.size(); ++i) {
    const Found found = look(flat, i);
    if (found.may_begin && text_end == End::open) {
      undecided = places[i];  // from here on it is looked at again when there is more
      break;
    }
    if (found.matched > 0) hide_until(places[i], places[i + found.matched - 1] + 1);
    const bool is_cut =
        text_end == End::cut && found.may_begin && flat.size() - i >= shortest_chars;
    if (is_cut) hide_until(places[i], places.back() + 1);
  }
  wipe(flat);
  const auto left = places.end() - std::ranges::lower_bound(places, undecided);
  const bool is_short_line = static_cast<size_t>(left) < shortest_chars && !held.text.empty() &&
                             is_line_break(held.text.back());
  show_until(is_short_line ? held.text.size() : undecided);
  // Only what is undecided is kept.
  if (undecided > 0) held.follows_hidden = held.hidden == undecided && held.shown == undecided;
  std::string rest = held.text.substr(undecided);
  wipe(held.text);
  held.text = std::move(rest);
  held.shown = held.shown > undecided ? held.shown - undecided : 0;
  held.hidden = held.hidden > undecided ? held.hidden - undecided : 0;
  return out;
}

std::string Mask::pass(std::string_view piece) {
  if (is_empty()) return std::string(piece);
  held_.text += piece;
  return advance(held_, End::open);
}

std::string Mask::finish() {
  if (held_.text.empty()) return "";
  std::string out = advance(held_, End::cut);
  held_.shown = held_.hidden = 0;
  held_.follows_hidden = false;
  return out;
}

std::string Mask::whole(std::string_view text) const {
  if (is_empty()) return std::string(text);
  Held held;
  held.text = text;
  return advance(held, End::whole);
}

}  // namespace esclusa::agent
