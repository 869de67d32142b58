#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace boost::json {
class value;
}

namespace esclusa {

/// A parsed JSON value, read-only. Copies are cheap, because they share the document.
class Json {
 public:
  /// Parses any JSON text of valid UTF-8, within `read_depth` and without duplicate keys; otherwise
  /// `bad_json`.
  static Result<Json> parse(std::string_view text);

  bool is_object() const;
  bool is_array() const;
  bool is_string() const;
  bool is_null() const;

  /// The member of an object; a member with the value null is found. nullopt for other values.
  std::optional<Json> find(std::string_view name) const;
  /// The members of an object in their order; empty for other values.
  std::vector<std::pair<std::string, Json>> members() const;
  /// The elements of an array; empty for other values.
  std::vector<Json> elements() const;
  std::optional<std::string> string() const;
  std::optional<int64_t> integer() const;
  std::optional<bool> boolean() const;
  /// The value as JSON text in the library's format, for messages and clients.
  std::string text() const;

  /// `at("deployment", "sha")`: the string member at that path, or nullopt.
  template <class... Names>
  std::optional<std::string> string_at(Names... names) const {
    auto value = at(names...);
    return value ? value->string() : std::nullopt;
  }
  template <class... Names>
  std::optional<int64_t> integer_at(Names... names) const {
    auto value = at(names...);
    return value ? value->integer() : std::nullopt;
  }

 private:
  Json(std::shared_ptr<const boost::json::value> document, const boost::json::value* value)
      : document_(std::move(document)), value_(value) {}
  std::optional<Json> at() const { return *this; }
  template <class... Names>
  std::optional<Json> at(std::string_view name, Names... rest) const {
    auto member = find(name);
    return member ? member->at(rest...) : std::nullopt;
  }

  std::shared_ptr<const boost::json::value> document_;
  const boost::json::value* value_;
};

}  // namespace esclusa
