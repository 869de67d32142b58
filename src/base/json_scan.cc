#include "base/json_scan.h"

#include <algorithm>
#include <boost/json.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <set>
#include <utility>
#include <vector>

#include "base/limits.h"

namespace esclusa {
namespace {

namespace bj = boost::json;
using ErrorCodeRef = boost::system::error_code&;

/// Handles the parser's events, and keeps the keys of the objects that are open.
class Handler {
 public:
  static constexpr size_t max_object_size = SIZE_MAX;
  static constexpr size_t max_array_size = SIZE_MAX;
  static constexpr size_t max_key_size = SIZE_MAX;
  static constexpr size_t max_string_size = SIZE_MAX;

  bool on_document_begin(ErrorCodeRef) { return true; }
  bool on_document_end(ErrorCodeRef) { return true; }
  bool on_object_begin(ErrorCodeRef) {
    keys_.emplace_back();
    return true;
  }
  bool on_object_end(size_t, ErrorCodeRef) {
    keys_.pop_back();
    return true;
  }
  bool on_array_begin(ErrorCodeRef) { return true; }
  bool on_array_end(size_t, ErrorCodeRef) { return true; }
  bool on_key_part(bj::string_view part, size_t, ErrorCodeRef) {
    key_.append(part.data(), part.size());
    return true;
  }
  bool on_key(bj::string_view part, size_t, ErrorCodeRef error) {
    key_.append(part.data(), part.size());
    const bool is_new = keys_.back().insert(std::exchange(key_, {})).second;
    if (!is_new) error = bj::error::syntax;
    return is_new;
  }
  bool on_string_part(bj::string_view, size_t, ErrorCodeRef) { return true; }
  bool on_string(bj::string_view, size_t, ErrorCodeRef) { return true; }
  bool on_number_part(bj::string_view part, ErrorCodeRef) {
    number_chars_ += part.size();
    return true;
  }
  bool on_int64(int64_t, bj::string_view part, ErrorCodeRef error) { return number(part, error); }
  bool on_uint64(uint64_t, bj::string_view part, ErrorCodeRef error) { return number(part, error); }
  bool on_double(double, bj::string_view part, ErrorCodeRef error) { return number(part, error); }
  bool on_bool(bool, ErrorCodeRef) { return true; }
  bool on_null(ErrorCodeRef) { return true; }
  bool on_comment_part(bj::string_view, ErrorCodeRef) { return true; }
  bool on_comment(bj::string_view, ErrorCodeRef) { return true; }

 private:
  bool number(bj::string_view part, ErrorCodeRef error) {
    const bool fits = std::exchange(number_chars_, 0) + part.size() <= limits::number_chars;
    if (!fits) error = bj::error::exponent_overflow;
    return fits;
  }

  std::string key_;  ///< the parts of the key so far
  std::vector<std::set<std::string>> keys_;
  size_t number_chars_ = 0;  ///< length of the present number so far
};

constexpr std::string_view blanks = " \t\r\n";

std::string_view without_blanks(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text;
}

/// The length of the value that `text` begins with.
size_t value_length(std::string_view text) {
  size_t depth = 0;
  for (size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"') {
      at += string_length(text.substr(at));
      if (depth == 0) return at;
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    const bool is_end = c == '}' || c == ']';
    if (depth == 0 && (is_end || c == ',' || blanks.contains(c))) return at;
    ++at;
    if (is_end && --depth == 0) return at;
  }
  return text.size();
}

}  // namespace

bool scan_json(std::string_view text) {
  bj::parse_options options;
  options.max_depth = read_depth;
  bj::basic_parser<Handler> parser(options);
  boost::system::error_code error;
  const size_t read = parser.write_some(false, text.data(), text.size(), error);
  return !error && read == text.size() && parser.done();
}

size_t string_length(std::string_view text) {
  size_t at = 1;
  while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
  return std::min(at + 1, text.size());
}

size_t nesting_depth(std::string_view json) {
  size_t depth = 0, deepest = 0;
  while (!json.empty()) {
    const char c = json[0];
    if (c == '{' || c == '[') deepest = std::max(deepest, ++depth);
    if (c == '}' || c == ']') --depth;
    json.remove_prefix(c == '"' ? string_length(json) : 1);
  }
  return deepest;
}

std::optional<std::string_view> find_raw_member(std::string_view object, std::string_view name) {
  std::string_view rest = without_blanks(object);
  while (rest.starts_with('{') || rest.starts_with(',')) {
    rest = without_blanks(rest.substr(1));
    if (!rest.starts_with('"')) return std::nullopt;
    const std::string_view key = rest.substr(0, string_length(rest));
    rest = without_blanks(rest.substr(key.size()));
    if (!rest.starts_with(':')) return std::nullopt;
    rest = without_blanks(rest.substr(1));
    const std::string_view value = rest.substr(0, value_length(rest));
    boost::system::error_code error;
    const bj::value decoded = bj::parse(bj::string_view(key), error);
    if (!error && decoded.is_string() && std::string_view(decoded.get_string()) == name) {
      return value;
    }
    rest = without_blanks(rest.substr(value.size()));
  }
  return std::nullopt;
}

std::vector<std::string_view> raw_elements(std::string_view array) {
  std::vector<std::string_view> elements;
  std::string_view rest = without_blanks(array);
  while (rest.starts_with('[') || rest.starts_with(',')) {
    rest = without_blanks(rest.substr(1));
    const std::string_view value = rest.substr(0, value_length(rest));
    if (value.empty()) break;
    elements.push_back(value);
    rest = without_blanks(rest.substr(value.size()));
  }
  return elements;
}

}  // namespace esclusa
