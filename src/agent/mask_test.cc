#include "agent/mask.h"

#include <doctest/doctest.h>

#include <array>
#include <cctype>
#include <cstdio>
#include <functional>
#include <random>

#include "base/crypto.h"
#include "base/text.h"

namespace esclusa::agent {
namespace {

/// All that a mask shows of a text that arrives in these pieces.
std::string shown(Mask& mask, const std::vector<std::string>& pieces) {
  std::string out;
  for (const std::string& piece : pieces) out += mask.pass(piece);
  return out + mask.finish();
}

std::string without_breaks(std::string text) {
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r'; });
  return text;
}

/// base64 as another program makes it, written apart from `base64` of the mask.
std::string encoded_base64(std::string_view bytes, std::string_view last_two, bool is_padded) {
  const std::string alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + std::string(last_two);
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (count += 8; count >= 6; count -= 6) out += alphabet[bits >> (count - 6) & 63];
  }
  if (count > 0) out += alphabet[bits << (6 - count) & 63];
  while (is_padded && out.size() % 4 != 0) out += '=';
  return out;
}

std::string encoded_hex(std::string_view bytes, bool is_upper) {
  std::string out;
  for (const char c : bytes) {
    char digits[3];
    std::snprintf(digits, sizeof digits, is_upper ? "%02X" : "%02x", static_cast<unsigned char>(c));
    out += digits;
  }
  return out;
}

std::string encoded_url(std::string_view bytes, bool is_upper, bool is_form) {
  std::string out;
  for (const char c : bytes) {
    const bool is_plain = std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                          std::string_view("-_.").contains(c) || c == (is_form ? '*' : '~');
    if (is_plain) {
      out += c;
    } else if (c == ' ' && is_form) {
      out += '+';
    } else {
      out += "%" + encoded_hex(std::string_view(&c, 1), is_upper);
    }
  }
  return out;
}

/// The escapes that every JSON library makes; other characters stay.
std::string encoded_json(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const size_t name = std::string_view("\"\\\b\f\n\r\t").find(c);
    if (name != std::string_view::npos) {
      out += std::string("\\") + "\"\\bfnrt"[name];
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += "\\u00" + encoded_hex(std::string_view(&c, 1), false);
    } else {
      out += c;
    }
  }
  return out;
}

TEST_CASE("Mask: a secret is replaced, wherever it stands") {
  Mask mask;
  REQUIRE(mask.hide("hunter22"));
  CHECK(mask.whole("the password is hunter22!") == "the password is ***!");
  CHECK(mask.whole("hunter22") == "***");
  CHECK(mask.whole("hunter2 hunter22hunter22x") == "hunter2 ***x");
  CHECK(mask.whole("nothing") == "nothing");
  CHECK(mask.whole("") == "");
}

TEST_CASE("Mask: of a whole text only whole secrets are hidden") {
  Mask mask;
  mask.hide("eeded in the end");
  mask.hide("hunter22");
  CHECK(mask.whole("The command succeeded") == "The command succeeded");
  CHECK(mask.whole("hunter22 and hunter2") == "*** and hunter2");
  // What is interrupted may go on elsewhere.
  CHECK(shown(mask, {"The command succeeded"}) == "The command succ***");
}

TEST_CASE("Mask: the longest of many secrets with the same beginning is hidden") {
  Mask mask;
  for (const char* secret : {"aaaabbbb", "aaaa", "aaaabbbbccccdddd", "aaaabbzz", "aaaabbbbcczz"}) {
    REQUIRE(mask.hide(secret));
  }
  CHECK(mask.whole("<aaaa>") == "<***>");
  CHECK(mask.whole("<aaaabb>") == "<***bb>");
  CHECK(mask.whole("<aaaabbbbccccdd>") == "<***ccccdd>");
  CHECK(mask.whole("<aaaabbbbcczz>") == "<***>");
  CHECK(mask.whole("<aaaabbbbccccdddd>") == "<***>");
  CHECK(mask.whole("<aaaabbzzz>") == "<***z>");
}

TEST_CASE("Mask: secrets of very many lines are refused, and soon") {
  Mask mask;
  std::string lines;
  for (int i = 0; i < 500; ++i) lines += "line" + std::to_string(10'000 + i) + "\n";
  CHECK(mask.hide(lines));
  CHECK_FALSE(mask.is_over_full());
  CHECK(mask.whole("<line10499>") == "<***>");
  for (int secret = 0; secret < 10; ++secret) {
    lines.clear();
    for (int i = 0; i < 8'000; ++i) lines += std::to_string(100'000 + secret * 8'000 + i) + "\n";
    mask.hide(lines);
  }
  CHECK(mask.is_over_full());
  CHECK_FALSE(mask.hide("another secret"));
}

TEST_CASE("Mask: without secrets everything passes at once") {
  Mask mask;
  CHECK(mask.is_empty());
  CHECK(mask.pass("as it is\n") == "as it is\n");
  CHECK(mask.finish() == "");
}

TEST_CASE("Mask: values of fewer than four characters are not hidden") {
  Mask mask;
  CHECK_FALSE(mask.hide(""));
  CHECK_FALSE(mask.hide("abc"));
  CHECK_FALSE(mask.hide("äöü"));
  CHECK(mask.is_empty());
  CHECK(mask.hide("abcd"));
  CHECK(mask.whole("abc abcd") == "abc ***");
}

TEST_CASE("Mask: a secret is found across the borders of pieces, and other text does not wait") {
  Mask mask;
  mask.hide("hunter22");
  CHECK(mask.pass("it is hun") == "it is ");
  CHECK(mask.pass("ter") == "");
  CHECK(mask.pass("22, ") == "***, ");
  CHECK(mask.pass("a hun") == "a ");
  CHECK(mask.pass("dred") == "hundred");
  CHECK(mask.finish() == "");
}

TEST_CASE("Mask: at the end, a long beginning of a secret is hidden, and a short one shown") {
  Mask mask;
  mask.hide("hunter22");
  CHECK(mask.pass("hunter2") == "");
  CHECK(mask.finish() == "***");
  CHECK(mask.pass("catch") == "catc");
  CHECK(mask.finish() == "h");
  CHECK(mask.pass("hunter22") == "***");  // nothing is left of before
}

TEST_CASE("Mask: the end of a line is shown, though a secret may begin with it") {
  Mask mask;
  mask.hide("hunter22");
  CHECK(mask.pass("catch\n") == "catch\n");
  CHECK(mask.pass("more\n") == "more\n");
  CHECK(mask.pass("hun\n") == "hun\n");
  CHECK(mask.pass("ter22\n") == "***\n");
  CHECK(mask.pass("hunter\n") == "");
  CHECK(mask.pass("22 and") == "*** and");
}

TEST_CASE("Mask: overlapping secrets are replaced as a whole") {
  Mask mask;
  mask.hide("abcdefgh");
  mask.hide("efghijkl");
  mask.hide("cdef");
  CHECK(mask.whole("xabcdefghijkly") == "x***y");
  CHECK(mask.whole("xabcdefghy") == "x***y");
  CHECK(shown(mask, {"xabcd", "efg", "hij", "kly"}) == "x***y");
}

TEST_CASE("Mask: a secret is found in lines that were wrapped, and not across empty ones") {
  Mask mask;
  const std::string secret = "0123456789abcdefghijklmnopqrstuv";
  mask.hide(secret);
  CHECK(mask.whole("<" + secret.substr(0, 10) + "\n" + secret.substr(10, 10) + "\r\n" +
                   secret.substr(20) + ">") == "<***>");
  const std::string apart = secret.substr(0, 10) + "\n\n\n\n\n\n" + secret.substr(10);
  CHECK(mask.whole(apart) == apart);
}

TEST_CASE("Mask: many empty lines are not held back") {
  Mask mask;
  mask.hide("hunter22");
  CHECK(mask.pass("hunter" + std::string(1000, '\n')) == "hunter" + std::string(1000, '\n'));
}

TEST_CASE("Mask: each line of a value is hidden by itself") {
  Mask mask;
  mask.hide("-----BEGIN KEY-----\r\n  QUJDREVG  \nok\n-----END KEY-----\n");
  CHECK(mask.whole("a -----BEGIN KEY----- b\nc QUJDREVG d\nok\n-----END KEY-----") ==
        "a *** b\nc *** d\nok\n***");
  CHECK(mask.whole("echo " + encoded_base64("QUJDREVG", "+/", true)) == "echo ***=");
}

TEST_CASE("Mask: of base64 the part that holds the secret is hidden, whatever stands around it") {
  const std::string secret = "s3cr3t?>~value";
  Mask mask;
  mask.hide(secret);
  for (const std::string_view last_two : {"+/", "-_"}) {
    for (const bool is_padded : {true, false}) {
      for (size_t before = 0; before < 6; ++before) {
        for (size_t after = 0; after < 6; ++after) {
          const std::string text = std::string(before, 'x') + secret + std::string(after, 'y');
          const std::string out = mask.whole(encoded_base64(text, last_two, is_padded));
          CAPTURE(out);
          CHECK(out.contains("***"));
          // Two groups of three bytes at most are left on each side, with the neighbours' bits.
          CHECK(out.size() <= 3 + 8 + 8 + 4);
        }
      }
    }
  }
}

TEST_CASE("Mask: escapes of JSON, URLs and shells") {
  const std::string secret = "p/w\"\\<&>' ü\U0001F600\x7F~\t$x!";
  Mask mask;
  mask.hide(secret);
  for (const std::string& text : std::initializer_list<std::string>{
           R"(p\/w\"\\<&>' ü😀)"
           "\x7F"
           R"(~\t$x!)",
           R"(p/w\"\\\u003c\u0026\u003e' \u00fc\ud83d\ude00\u007f~\t$x!)",
           R"(p/w\"\\\u003C\u0026\u003E' \u00FC\uD83D\uDE00\u007F~\t$x!)",
           R"(p/w\\\"\\\\<&>' \\u00fc\\ud83d\\ude00\\u007f~\\t$x!)",
           "p/w%22%5C%3C%26%3E%27%20%C3%BC%F0%9F%98%80%7F~%09%24x%21",
           "p%2Fw%22%5C%3C%26%3E'%20%C3%BC%F0%9F%98%80%7F~%09%24x!",
           "p%2Fw%22%5C%3C%26%3E%27+%C3%BC%F0%9F%98%80%7F%7E%09%24x%21",
           "p%2fw%22%5c%3c%26%3e%27%20%c3%bc%f0%9f%98%80%7f~%09%24x%21",
           "p/w&quot;\\&lt;&amp;&gt;&#39; ü\U0001F600\x7F~\t$x!",
           "p/w\"\\&lt;&amp;>&apos; ü\U0001F600\x7F~\t$x!",
           "p/w&#34;\\&lt;&amp;&gt;' ü\U0001F600\x7F~\t$x!",
           "p/w\"\\<&>'\\'' ü\U0001F600\x7F~\t$x!", "p/w\"\\<&>'\"'\"' ü\U0001F600\x7F~\t$x!"}) {
    CAPTURE(text);
    CHECK(mask.whole("<" + text + ">") == "<***>");
  }
}

/// Random text of that many characters, some of which every encoding has to escape.
std::string random_value(std::minstd_rand& chance, size_t length) {
  constexpr std::array<std::string_view, 24> odd = {" ", "\"", "\\", "/", "\n", "\t", "%", "+",
                                                    "&", "=",  "~",  "'", "<",  ">",  "?", "\r",
                                                    "#", "!",  "\b", "$", "ä",  "€",  ":", "*"};
  std::string text;
  for (size_t i = 0; i < length; ++i) {
    if (chance() % 4 == 0) {
      text += odd[chance() % odd.size()];
    } else {
      text += "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"[chance() % 62];
    }
  }
  return text;
}

/// Each text that must not be found in what is shown, by how it came about. Those of base64 are the
/// characters that hold nothing but the secret.
std::vector<std::string> encodings(const std::string& secret, std::minstd_rand& chance) {
  std::vector<std::string> all = {secret, encoded_hex(secret, false), encoded_hex(secret, true),
                                  encoded_json(secret)};
  for (const bool first : {false, true}) {
    for (const bool second : {false, true}) all.push_back(encoded_url(secret, first, second));
  }
  for (const std::string_view last_two : {"+/", "-_"}) {
    for (size_t before = 0; before < 3; ++before) {
      const std::string around = encoded_base64(
          random_value(chance, 3).substr(0, before) + secret + random_value(chance, chance() % 4),
          last_two, chance() % 2 == 0);
      const size_t begin = (before * 8 + 5) / 6;
      all.push_back(around.substr(begin, (before + secret.size()) * 8 / 6 - begin));
    }
  }
  return all;
}

struct Leaks {
  size_t texts = 0;
  size_t leaks = 0;
};

/// Writes secrets in every encoding between random text, in pieces with random borders, and counts
/// which of them are shown. `is_hidden` is false for the control.
Leaks play(uint32_t seed, size_t rounds, bool is_hidden) {
  std::minstd_rand chance(seed);
  Leaks found;
  for (size_t round = 0; round < rounds; ++round) {
    Mask mask;
    std::vector<std::string> secrets;
    for (size_t i = 0; i < 1 + chance() % 4; ++i) {
      std::string secret = random_value(chance, 8 + chance() % (i == 0 ? 90 : 20));
      if (is_hidden) REQUIRE(mask.hide(secret));
      secrets.push_back(std::move(secret));
    }
    std::string text;
    std::vector<std::string> forbidden;
    for (const std::string& secret : secrets) {
      for (std::string& form : encodings(secret, chance)) {
        text += random_value(chance, chance() % 30);
        // Now and then in lines, as `base64` and `fold` write it.
        const size_t width = chance() % 3 == 0 ? 4 + chance() % 76 : form.size() + 1;
        for (size_t i = 0; i < form.size(); i += width) {
          text += (i > 0 ? "\n" : "") + form.substr(i, width);
        }
        forbidden.push_back(without_breaks(std::move(form)));
      }
    }
    std::vector<std::string> pieces;
    const size_t longest = 1 + chance() % 40;
    for (size_t i = 0; i < text.size();) {
      const size_t length = 1 + chance() % longest;
      pieces.push_back(text.substr(i, length));
      i += length;
    }
    const std::string out = without_breaks(shown(mask, pieces));
    for (const std::string& form : forbidden) {
      ++found.texts;
      // A part counts, too, if it is too long to be there by chance.
      const std::string half = form.substr(form.size() / 2);
      if (out.contains(form) || (half.size() >= 12 && out.contains(half))) {
        ++found.leaks;
        if (is_hidden) MESSAGE("seed " << seed << ", round " << round << ": " << form);
      }
    }
  }
  return found;
}

TEST_CASE("Mask: random secrets, encodings and borders: nothing is shown; without it all is") {
  const Leaks masked = play(1, 150, true);
  CHECK(masked.texts > 3000);
  CHECK(masked.leaks == 0);
  const Leaks control = play(1, 20, false);
  CHECK(control.leaks == control.texts);
}

TEST_CASE("Mask: the same text is shown, whatever its borders are, but for short ends of lines") {
  std::minstd_rand chance(7);
  for (int round = 0; round < 50; ++round) {
    const std::string secret = random_value(chance, 10);
    std::string text;
    for (int i = 0; i < 5; ++i) text += random_value(chance, chance() % 20) + secret;
    std::erase_if(text, [](char c) { return c == '\n' || c == '\r'; });
    Mask whole;
    whole.hide(secret);
    Mask bytes;
    bytes.hide(secret);
    std::vector<std::string> pieces;
    for (const char c : text) pieces.emplace_back(1, c);
    CHECK(shown(bytes, pieces) == shown(whole, {text}));
  }
}

}  // namespace
}  // namespace esclusa::agent
