#include "wire/error.h"

namespace esclusa::wire {
namespace {

void write_field(JsonWriter& json, const FieldError& field) {
  json.begin_object();
  if (!field.contexts.empty()) {
    json.key("contexts").begin_array();
    for (const ContextState& context : field.contexts) {
      json.begin_object()
          .member("context", context.context)
          .member("state", context.state)
          .end_object();
    }
    json.end_array();
  }
  json.member("resource", field.resource).member("code", field.code);
  if (!field.field.empty()) json.member("field", field.field);
  if (!field.message.empty()) json.member("message", field.message);
  json.end_object();
}

}  // namespace

void write_error(JsonWriter& json, const Error& error, int status,
                 const std::string& documentation_url) {
  json.begin_object().member("message", error.message);
  write_error_fields(json, error);
  json.member("documentation_url", documentation_url).member("status", std::to_string(status));
  if (!error.reason_code.empty()) json.member("reason_code", error.reason_code);
  json.end_object();
}

void write_redirect(JsonWriter& json, std::string_view message, const std::string& url,
                    std::string_view documentation_url) {
  json.begin_object()
      .member("message", message)
      .member("url", url)
      .member("documentation_url", documentation_url)
      .end_object();
}

void write_error_fields(JsonWriter& json, const Error& error) {
  if (error.fields.empty() && error.details.empty()) return;
  json.key("errors").begin_array();
  for (const FieldError& field : error.fields) write_field(json, field);
  for (const std::string& detail : error.details) json.value(detail);
  json.end_array();
}

}  // namespace esclusa::wire
