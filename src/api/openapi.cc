#include "api/route_tables.h"
#include "base/check.h"
#include "base/json.h"
#include "core/operations/server.h"

namespace esclusa::api {
namespace {

struct Part {
  std::string_view name;
  std::string_view text;
};

constexpr Part parts[] = {
#include "api/openapi.inc"
};

std::vector<Json> parse_parts() {
  std::vector<Json> parsed;
  for (const Part& part : parts) {
    auto json = Json::parse(part.text);
    if (!json) bug("this part of the description is no JSON: " + std::string(part.name));
    parsed.push_back(*std::move(json));
  }
  return parsed;
}

/// Writes one object with the members of `member` of all objects.
void write_joined(JsonWriter& json, const std::vector<Json>& objects, std::string_view member) {
  json.key(member).begin_object();
  for (const Json& object : objects) {
    const auto found = object.find(member);
    if (!found) continue;
    for (const auto& [name, value] : found->members()) json.key(name).raw(value.text());
  }
  json.end_object();
}

/// The parts of the document that are the same in every answer.
struct Description {
  std::string info;  ///< members of `info`, without braces
  std::string rest;  ///< members of the document, without braces
};

Description make_description() {
  const std::vector<Json> parsed = parse_parts();
  std::vector<Json> components;
  Description description;
  JsonWriter rest;
  rest.begin_object();
  for (const Json& part : parsed) {
    if (auto found = part.find("components")) components.push_back(*found);
    if (auto found = part.find("tags")) rest.key("tags").raw(found->text());
    if (auto found = part.find("info")) description.info = found->text();
  }
  write_joined(rest, parsed, "paths");
  rest.key("components").begin_object();
  for (const char* kind : {"securitySchemes", "parameters", "headers", "responses", "schemas"}) {
    write_joined(rest, components, kind);
  }
  rest.end_object().end_object();
  description.rest = rest.take();
  for (std::string* text : {&description.info, &description.rest}) {
    *text = text->substr(1, text->size() - 2);
  }
  return description;
}

/// `GET /openapi.json`: this API in OpenAPI 3.1, joined from the files in `api/openapi/`, with the
/// address at which the request reached the server.
Result<http::Response> get_openapi(const Call& call) {
  static const Description description = make_description();
  JsonWriter json;
  json.begin_object().member("openapi", "3.1.0");
  json.key("info").begin_object().raw(description.info).member("version", call.settings.version);
  json.end_object();
  json.key("servers").begin_array().begin_object().member("url", call.urls.api);
  json.end_object().end_array();
  json.raw(description.rest).end_object();
  return json_response(200, std::move(json));
}

// clang-format off
const Route table[] = {
    {"GET", "/openapi.json", &operations::get_openapi, "", Lane::loop,
     "about-the-rest-api/about-the-openapi-description-for-the-rest-api#about-openapi",
     get_openapi},
};
// clang-format on

}  // namespace

std::span<const Route> openapi_routes() { return table; }

}  // namespace esclusa::api
