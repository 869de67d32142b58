#include "api/reviews.h"

#include "app/deployments.h"
#include "app/reviews.h"
#include "wire/deployment.h"
#include "wire/review.h"

namespace esclusa::api {

Result<http::Response> list_pending_deployments(const Call& call) {
  const auto id = TRY(call.id<DeploymentId>("run_id"));
  const auto pending = TRY(app::find_pending(call.context, call.access(), id));
  wire::JsonWriter json;
  json.begin_array();
  if (pending) wire::write_pending_deployment(json, *pending, call.repository(), call.urls);
  json.end_array();
  return json_response(200, std::move(json));
}

Result<http::Response> review_pending_deployments(const Call& call) {
  const auto id = TRY(call.id<DeploymentId>("run_id"));
  const core::NewReview input = TRY(wire::parse_new_review(call.request.body));
  const auto deployment = TRY(app::review_deployment(call.context, call.access(), id, input));
  wire::JsonWriter json;
  json.begin_array();
  wire::write_deployment(json, deployment, call.repository(), call.urls);
  json.end_array();
  return json_response(200, std::move(json));
}

Result<http::Response> list_approvals(const Call& call) {
  const auto id = TRY(call.id<DeploymentId>("run_id"));
  const auto history = TRY(app::list_reviews(call.context, call.access(), id));
  wire::JsonWriter json;
  json.begin_array();
  for (const core::DeploymentReview& review : history.reviews) {
    wire::write_review(json, review, history, call.repository(), call.urls);
  }
  json.end_array();
  return json_response(200, std::move(json));
}

Result<http::Response> get_gates(const Call& call) {
  const auto id = TRY(call.id<DeploymentId>("deployment_id"));
  const auto report = TRY(app::explain_gates(call.context, call.access(), id));
  wire::JsonWriter json;
  wire::write_gate_report(json, report, call.repository(), call.urls);
  return json_response(200, std::move(json));
}

Result<http::Response> bypass_gates(const Call& call) {
  const auto id = TRY(call.id<DeploymentId>("deployment_id"));
  const std::string reason = TRY(wire::parse_bypass_reason(call.request.body));
  const auto deployment = TRY(app::bypass_gates(call.context, call.access(), id, reason));
  wire::JsonWriter json;
  wire::write_deployment(json, deployment, call.repository(), call.urls);
  return json_response(200, std::move(json));
}

Result<http::Response> dry_run(const Call& call) {
  const core::NewDeployment input = TRY(wire::parse_new_deployment(call.request.body));
  const auto run = TRY(app::dry_run(call.context, call.access(), input));
  wire::JsonWriter json;
  wire::write_dry_run(json, run, input);
  return json_response(200, std::move(json));
}

}  // namespace esclusa::api
