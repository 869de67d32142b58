#include "base/json.h"

#include <boost/json.hpp>

#include "base/json_scan.h"

namespace esclusa {

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

}  // namespace esclusa
