#include "wire/json_scan.h"

#include <boost/json.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <set>
#include <vector>

#include "base/limits.h"
#include "base/text.h"

namespace esclusa::wire {
namespace {

namespace bj = boost::json;
using ErrorCodeRef = boost::system::error_code&;

/// Follows the parser's events. It copies the events inside the wanted member of the top-level
/// object back to text, and remembers the keys of the objects that are open.
class Handler {
 public:
  static constexpr size_t max_object_size = SIZE_MAX;
  static constexpr size_t max_array_size = SIZE_MAX;
  static constexpr size_t max_key_size = SIZE_MAX;
  static constexpr size_t max_string_size = SIZE_MAX;

  explicit Handler(std::string_view wanted) : wanted_(wanted) {}
  std::optional<std::string>& found() { return found_; }

  bool on_document_begin(ErrorCodeRef) { return true; }
  bool on_document_end(ErrorCodeRef) { return true; }
  bool on_object_begin(ErrorCodeRef) {
    open('{');
    keys_.emplace_back();
    return true;
  }
  bool on_object_end(size_t, ErrorCodeRef) {
    keys_.pop_back();
    close('}');
    return true;
  }
  bool on_array_begin(ErrorCodeRef) {
    open('[');
    return true;
  }
  bool on_array_end(size_t, ErrorCodeRef) {
    close(']');
    return true;
  }
  bool on_key_part(bj::string_view part, size_t, ErrorCodeRef) { return collect(part); }
  bool on_key(bj::string_view part, size_t, ErrorCodeRef error) {
    collect(part);
    std::string key = std::move(text_);
    text_.clear();
    if (!keys_.back().insert(key).second) {
      error = bj::error::syntax;
      return false;
    }
    if (copying_) {
      comma();
      append_json_string(*found_, key);
      *found_ += ':';
    } else if (depth_ == 1 && key == wanted_) {
      copying_ = true;
      found_.emplace();
    }
    return true;
  }
  bool on_string_part(bj::string_view part, size_t, ErrorCodeRef) { return collect(part); }
  bool on_string(bj::string_view part, size_t, ErrorCodeRef) {
    collect(part);
    std::string value = std::move(text_);
    text_.clear();
    if (copying_) {
      comma();
      append_json_string(*found_, value);
    }
    end_value();
    return true;
  }
  bool on_number_part(bj::string_view part, ErrorCodeRef) { return collect(part); }
  bool on_int64(int64_t, bj::string_view part, ErrorCodeRef error) { return number(part, error); }
  bool on_uint64(uint64_t, bj::string_view part, ErrorCodeRef error) { return number(part, error); }
  bool on_double(double, bj::string_view part, ErrorCodeRef error) { return number(part, error); }
  bool on_bool(bool value, ErrorCodeRef) { return literal(value ? "true" : "false"); }
  bool on_null(ErrorCodeRef) { return literal("null"); }
  bool on_comment_part(bj::string_view, ErrorCodeRef) { return true; }
  bool on_comment(bj::string_view, ErrorCodeRef) { return true; }

 private:
  bool collect(bj::string_view part) {
    text_.append(part.data(), part.size());
    return true;
  }
  bool number(bj::string_view part, ErrorCodeRef error) {
    collect(part);
    std::string digits = std::move(text_);
    text_.clear();
    if (digits.size() > limits::number_chars) {
      error = bj::error::exponent_overflow;
      return false;
    }
    return literal(digits);
  }
  bool literal(std::string_view value) {
    if (copying_) {
      comma();
      *found_ += value;
    }
    end_value();
    return true;
  }
  void open(char bracket) {
    if (copying_) {
      comma();
      *found_ += bracket;
    }
    ++depth_;
  }
  void close(char bracket) {
    --depth_;
    if (copying_) *found_ += bracket;
    end_value();
  }
  void end_value() {
    if (depth_ == 1) copying_ = false;
  }
  void comma() {
    const std::string& out = *found_;
    if (out.empty() || out.back() == '{' || out.back() == '[' || out.back() == ':') return;
    *found_ += ',';
  }

  const std::string wanted_;
  std::string text_;  ///< of the key, string or number at hand
  std::vector<std::set<std::string>> keys_;
  std::optional<std::string> found_;
  size_t depth_ = 0;
  bool copying_ = false;
};

std::optional<Handler*> run(bj::basic_parser<Handler>& parser, std::string_view text) {
  boost::system::error_code error;
  size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (error || read != text.size() || !parser.done()) return std::nullopt;
  return &parser.handler();
}

bj::parse_options options() {
  bj::parse_options made;
  made.max_depth = limits::json_depth;
  return made;
}

}  // namespace

bool scan_json(std::string_view text) {
  bj::basic_parser<Handler> parser(options(), "");
  // The empty name may be a real key: what is copied for it is of no use here.
  return run(parser, text).has_value();
}

std::optional<std::string> find_raw_member(std::string_view text, std::string_view name) {
  bj::basic_parser<Handler> parser(options(), name);
  auto handler = run(parser, text);
  return handler ? (*handler)->found() : std::nullopt;
}

}  // namespace esclusa::wire
