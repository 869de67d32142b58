#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace esclusa::wire {

/// The body of a request: a JSON object whose members are read with GitHub's error texts. An empty
/// body counts as `{}`.
class JsonBody {
 public:
  /// `bad_json` with GitHub's `Problems parsing JSON` or `Body should be a JSON object`.
  static Result<JsonBody> parse(std::string_view text);

  const Json& json() const { return json_; }
  bool has(std::string_view name) const { return json_.find(name).has_value(); }
  std::optional<Json> find(std::string_view name) const { return json_.find(name); }

  /// A required string.
  Result<std::string> required_string(std::string_view name) const;
  /// A string; nullopt if it is null or absent.
  Result<std::optional<std::string>> optional_string(std::string_view name) const;
  Result<std::string> string_or(std::string_view name, std::string_view fallback) const;
  Result<std::optional<bool>> optional_boolean(std::string_view name) const;
  Result<bool> boolean_or(std::string_view name, bool fallback) const;
  /// An array of strings; nullopt if it is null or absent.
  Result<std::optional<std::vector<std::string>>> optional_strings(std::string_view name) const;
  /// The member's JSON text, exactly as it was sent.
  std::optional<std::string> raw_member(std::string_view name) const;

 private:
  JsonBody(Json json, std::string text) : json_(std::move(json)), text_(std::move(text)) {}
  Json json_;
  std::string text_;
};

/// The 422 for a member of the wrong type: `For 'properties/ref', 1 is not a string.`
std::unexpected<Error> wrong_type(std::string_view member, const Json& value,
                                  std::string_view type);

}  // namespace esclusa::wire
