#include "api/call.h"

#include <charconv>
#include <limits>

#include "base/check.h"
#include "http/client_network.h"

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

std::optional<int64_t> Call::query_number(std::string_view name) const {
  return leading_number(query_value(name));
}

std::optional<int64_t> leading_number(std::string_view text) {
  if (text.starts_with('-')) return std::nullopt;
  int64_t number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  if (result.ec == std::errc::invalid_argument) return std::nullopt;
  if (result.ec == std::errc::result_out_of_range) return std::numeric_limits<int64_t>::max();
  return number;
}

http::Response json_response(int status, JsonWriter json) {
  return {status, {{"Content-Type", "application/json; charset=utf-8"}}, json.take()};
}

http::Response no_content() { return {204, {}, {}}; }

std::string client_of(const Call& call) {
  if (const core::InstallationGrant* grant = call.actor.installation()) {
    return "installation " + std::to_string(grant->installation.id.value);
  }
  if (const core::AgentGrant* agent = call.actor.agent()) {
    return "agent token " + std::to_string(agent->token.id.value);
  }
  const core::Account* account = call.actor.account();
  if (account != nullptr) return "account " + std::to_string(account->id.value);
  return "network " + http::client_network(call.request.peer);
}

http::Response empty_list() {
  JsonWriter json;
  json.begin_array().end_array();
  return json_response(200, std::move(json));
}

http::Response empty_object(int status) {
  JsonWriter json;
  json.begin_object().end_object();
  return json_response(status, std::move(json));
}

}  // namespace esclusa::api
