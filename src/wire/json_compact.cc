#include "wire/json_compact.h"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <cstdint>
#include <cstdlib>

#include "base/json_scan.h"

namespace esclusa::wire {
namespace {

/// A decimal number: 0.DIGITS × 10^point; DIGITS has no zeros at either end.
struct Decimal {
  bool negative = false;
  std::string digits;  ///< empty: zero
  int64_t point = 0;
  bool operator==(const Decimal&) const = default;
};

/// Reads a number such as `-12.50e+3`; false if the exponent is far beyond a double's.
bool parse_decimal(std::string_view text, Decimal& number) {
  const size_t mantissa_end = std::min(text.find_first_of("eE"), text.size());
  const size_t sign = text.starts_with('-') ? 1 : 0;
  number.digits = text.substr(sign, mantissa_end - sign);
  const size_t whole = std::min(number.digits.find('.'), number.digits.size());
  std::erase(number.digits, '.');
  const size_t zeros = number.digits.find_first_not_of('0');
  if (zeros == std::string::npos) {  // JavaScript writes -0 as 0
    number = {};
    return true;
  }
  number.digits = number.digits.substr(zeros, number.digits.find_last_not_of('0') + 1 - zeros);
  int64_t exponent = 0;
  std::string_view written = text.substr(std::min(mantissa_end + 1, text.size()));
  if (written.starts_with('+')) written.remove_prefix(1);
  const auto [end, error] =
      std::from_chars(written.data(), written.data() + written.size(), exponent);
  constexpr int64_t exponent_max = 1'000'000;
  if (error == std::errc::result_out_of_range || exponent > exponent_max ||
      exponent < -exponent_max) {
    return false;
  }
  number.negative = sign > 0;
  number.point = static_cast<int64_t>(whole) - static_cast<int64_t>(zeros) + exponent;
  return true;
}

/// ECMAScript's Number::toString.
std::string javascript_spelling(const Decimal& number) {
  const auto& [negative, digits, point] = number;
  const auto count = static_cast<int64_t>(digits.size());
  constexpr int64_t point_max = 21, point_min = -5;
  std::string text;
  if (count == 0) {
    return "0";
  } else if (point > point_max || point < point_min) {
    const int64_t exponent = point - 1;
    text = digits.substr(0, 1) + (count > 1 ? "." + digits.substr(1) : "") +
           (exponent < 0 ? "e-" : "e+") + std::to_string(std::abs(exponent));
  } else if (point <= 0) {
    text = "0." + std::string(static_cast<size_t>(-point), '0') + digits;
  } else if (point < count) {
    text = digits;
    text.insert(static_cast<size_t>(point), 1, '.');
  } else {
    text = digits + std::string(static_cast<size_t>(point - count), '0');
  }
  return (negative ? "-" : "") + text;
}

/// The number in JavaScript's format if the value stays the same, else the text unchanged.
std::string compact_number(std::string_view text) {
  Decimal exact, shortest;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (!parse_decimal(text, exact)) return std::string(text);
  if (exact.digits.empty()) return "0";
  if (error != std::errc{}) return std::string(text);
  char digits[32];
  const auto written =
      std::to_chars(digits, digits + sizeof digits, value, std::chars_format::scientific);
  const bool same =
      parse_decimal(std::string_view(digits, written.ptr), shortest) && shortest == exact;
  return same ? javascript_spelling(shortest) : std::string(text);
}

/// Appends the string, with its quotes, with the escapes of JSON.stringify, which are also Boost's.
void append_string(std::string& out, std::string_view quoted) {
  if (!quoted.contains('\\')) {
    out += quoted;
    return;
  }
  boost::system::error_code error;
  const auto value = boost::json::parse(boost::json::string_view(quoted), error);
  out += error ? std::string(quoted) : boost::json::serialize(value);
}

}  // namespace

std::string compact_json(std::string_view json) {
  constexpr std::string_view blanks = " \t\r\n", number_begin = "-0123456789";
  std::string out;
  out.reserve(json.size());
  while (!json.empty()) {
    size_t length = 1;
    if (json[0] == '"') {
      // Most strings have no escapes, and searches look at many bytes at once.
      length = std::min(json.find('"', 1), json.size() - 1) + 1;
      if (json.substr(0, length).contains('\\')) length = string_length(json);
      append_string(out, json.substr(0, length));
    } else if (number_begin.contains(json[0])) {
      length = std::min(json.find_first_not_of("+-.eE0123456789"), json.size());
      out += compact_number(json.substr(0, length));
    } else if (!blanks.contains(json[0])) {
      out += json[0];
    }
    json.remove_prefix(length);
  }
  return out;
}

}  // namespace esclusa::wire
