#include "wire/json.h"

#include <boost/json.hpp>

#include "base/text.h"
#include "wire/json_scan.h"

namespace esclusa::wire {

namespace bj = boost::json;

Result<Json> Json::parse(std::string_view text) {
  // The scan refuses what the parsed document no longer shows: duplicate keys and long numbers.
  if (!scan_json(text)) return fail(ErrorCode::bad_json, "Problems parsing JSON", "bad_json");
  boost::system::error_code error;
  bj::parse_options options;
  options.max_depth = read_depth;
  auto document =
      std::make_shared<const bj::value>(bj::parse(bj::string_view(text), error, {}, options));
  if (error) return fail(ErrorCode::bad_json, "Problems parsing JSON", "bad_json");
  const bj::value* root = document.get();
  return Json(std::move(document), root);
}

bool Json::is_object() const { return value_->is_object(); }
bool Json::is_array() const { return value_->is_array(); }
bool Json::is_string() const { return value_->is_string(); }
bool Json::is_null() const { return value_->is_null(); }

std::optional<Json> Json::find(std::string_view name) const {
  auto* object = value_->if_object();
  if (object == nullptr) return std::nullopt;
  auto* member = object->if_contains(name);
  return member == nullptr ? std::nullopt : std::optional(Json(document_, member));
}

std::vector<std::pair<std::string, Json>> Json::members() const {
  std::vector<std::pair<std::string, Json>> result;
  if (auto* object = value_->if_object()) {
    for (const auto& member : *object) {
      result.emplace_back(member.key(), Json(document_, &member.value()));
    }
  }
  return result;
}

std::vector<Json> Json::elements() const {
  std::vector<Json> result;
  if (auto* array = value_->if_array()) {
    for (const bj::value& element : *array) result.push_back(Json(document_, &element));
  }
  return result;
}

std::optional<std::string> Json::string() const {
  auto* text = value_->if_string();
  return text == nullptr ? std::nullopt : std::optional(std::string(text->begin(), text->end()));
}

std::optional<int64_t> Json::integer() const {
  auto* number = value_->if_int64();
  return number == nullptr ? std::nullopt : std::optional(*number);
}

std::optional<bool> Json::boolean() const {
  auto* flag = value_->if_bool();
  return flag == nullptr ? std::nullopt : std::optional(*flag);
}

std::string Json::text() const { return bj::serialize(*value_); }

std::unexpected<Error> wrong_type(std::string_view member, const Json& value,
                                  std::string_view type) {
  std::string shown = value.is_null() ? "nil" : value.text();
  constexpr size_t longest = 80;
  if (shown.size() > longest) shown = shown.substr(0, longest) + "…";
  return fail_request("For 'properties/" + std::string(member) + "', " + shown + " is not " +
                      std::string(type) + ".");
}

Result<JsonBody> JsonBody::parse(std::string_view text) {
  if (trim(text).empty()) text = "{}";
  Json json = TRY(Json::parse(text));
  if (!json.is_object()) {
    return fail(ErrorCode::bad_json, "Body should be a JSON object", "bad_json");
  }
  return JsonBody(std::move(json), std::string(text));
}

Result<std::optional<std::string>> JsonBody::optional_string(std::string_view name) const {
  auto member = json_.find(name);
  if (!member || member->is_null()) return std::nullopt;
  auto text = member->string();
  if (!text) return wrong_type(name, *member, "a string");
  // PostgreSQL cannot store it, and no name, link or description needs it.
  if (text->find('\0') != text->npos) {
    return fail_request("\"" + std::string(name) + "\" must not contain a null character.");
  }
  return text;
}

Result<std::string> JsonBody::required_string(std::string_view name) const {
  auto member = json_.find(name);
  if (!member) return fail_request("\"" + std::string(name) + "\" wasn't supplied.");
  if (member->is_null()) return wrong_type(name, *member, "a string");
  return *TRY(optional_string(name));
}

Result<std::string> JsonBody::string_or(std::string_view name, std::string_view fallback) const {
  return TRY(optional_string(name)).value_or(std::string(fallback));
}

Result<std::optional<bool>> JsonBody::optional_boolean(std::string_view name) const {
  auto member = json_.find(name);
  if (!member || member->is_null()) return std::nullopt;
  auto flag = member->boolean();
  if (!flag) return wrong_type(name, *member, "a boolean");
  return flag;
}

Result<bool> JsonBody::boolean_or(std::string_view name, bool fallback) const {
  return TRY(optional_boolean(name)).value_or(fallback);
}

Result<std::optional<std::vector<std::string>>> JsonBody::optional_strings(
    std::string_view name) const {
  auto member = json_.find(name);
  if (!member || member->is_null()) return std::nullopt;
  if (!member->is_array()) return wrong_type(name, *member, "an array");
  std::vector<std::string> texts;
  for (const Json& element : member->elements()) {
    auto text = element.string();
    if (!text || text->find('\0') != text->npos) {
      return wrong_type(std::string(name) + "/" + std::to_string(texts.size()), element,
                        "a string");
    }
    texts.push_back(*text);
  }
  return texts;
}

std::optional<std::string> JsonBody::raw_member(std::string_view name) const {
  auto member = find_raw_member(text_, name);
  return member ? std::optional(std::string(*member)) : std::nullopt;
}

}  // namespace esclusa::wire
