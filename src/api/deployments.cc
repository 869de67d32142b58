#include "api/deployments.h"

#include "api/pagination.h"
#include "app/deployments.h"
#include "wire/deployment.h"

namespace esclusa::api {
namespace {

http::Response deployment_response(const Call& call, int status,
                                   const core::Deployment& deployment) {
  wire::JsonWriter json;
  wire::write_deployment(json, deployment, call.repository(), call.urls);
  http::Response response = json_response(status, std::move(json));
  response.headers.add("Last-Modified", format_http_date(deployment.updated_at));
  return response;
}

}  // namespace

Result<http::Response> list_deployments(const Call& call) {
  const core::Page page = parse_page(call);
  const core::DeploymentFilter filter{call.query_value("sha"), call.query_value("ref"),
                                      call.query_value("task"), call.query_value("environment")};
  auto listing = TRY(app::list_deployments(call.context, call.access(), filter, page));
  return list_response(call, page, listing, [&](auto& json, const core::Deployment& deployment) {
    wire::write_deployment(json, deployment, call.repository(), call.urls);
  });
}

Result<http::Response> create_deployment(const Call& call) {
  const core::NewDeployment input = TRY(wire::parse_new_deployment(call.request.body));
  auto deployment = TRY(app::create_deployment(call.context, call.access(), input));
  http::Response response = deployment_response(call, 201, deployment);
  response.headers.add("Location", call.urls.deployment(call.repository(), deployment.id));
  return response;
}

Result<http::Response> get_deployment(const Call& call) {
  const auto id = TRY(call.id<DeploymentId>("deployment_id"));
  return deployment_response(call, 200, TRY(app::get_deployment(call.context, call.access(), id)));
}

Result<http::Response> delete_deployment(const Call& call) {
  const auto id = TRY(call.id<DeploymentId>("deployment_id"));
  TRY(app::delete_deployment(call.context, call.access(), id));
  return no_content();
}

}  // namespace esclusa::api
