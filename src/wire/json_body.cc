#include "wire/json_body.h"

#include "base/json_scan.h"
#include "base/text.h"

namespace esclusa::wire {

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
