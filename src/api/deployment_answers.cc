#include "api/deployment_answers.h"

#include "core/repeat.h"
#include "wire/deployment.h"

namespace esclusa::api {

http::Response deployment_response(const Call& call, int status,
                                   const core::Deployment& deployment) {
  JsonWriter json;
  wire::write_deployment(json, deployment, call.repository(), call.urls);
  http::Response response = json_response(status, std::move(json));
  response.headers.add("Last-Modified", format_http_date(deployment.updated_at));
  add_repeats(response, deployment.repeats);
  return response;
}

http::Response created_response(const Call& call, const core::Deployment& deployment) {
  http::Response response = deployment_response(call, 201, deployment);
  response.headers.add("Location", call.urls.deployment(call.repository(), deployment.id));
  return response;
}

void add_repeats(http::Response& response, const std::optional<core::Repeats>& repeats) {
  if (!repeats) return;
  response.headers.add("X-Esclusa-Kind", std::string(core::to_name(repeats->kind)));
  response.headers.add("X-Esclusa-Origin", std::to_string(repeats->origin.value));
}

Result<std::optional<core::ExpectedLive>> parse_expected_live(const http::Request& request) {
  const auto text = request.headers.find("X-Esclusa-Expected-Live");
  if (!text) return std::nullopt;
  const auto expected = core::parse_expected_live(*text);
  if (!expected) {
    return fail(ErrorCode::bad_request,
                "X-Esclusa-Expected-Live is the id of a deployment or none.",
                "invalid_expected_live");
  }
  return expected;
}

}  // namespace esclusa::api
