#include "api/call.h"

#include "base/check.h"

namespace esclusa::api {

const std::string& Call::parameter(std::string_view name) const {
  for (const PathParameter& parameter : path) {
    if (parameter.name == name) return parameter.value;
  }
  bug("the route has no parameter " + std::string(name));
}

std::string Call::query_value(std::string_view name) const {
  return http::find_parameter(query, name).value_or("");
}

http::Response json_response(int status, wire::JsonWriter json) {
  return {status, {{"Content-Type", "application/json; charset=utf-8"}}, json.take()};
}

http::Response no_content() { return {204, {}, {}}; }

}  // namespace esclusa::api
