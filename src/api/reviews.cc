#include "app/reviews.h"
#include "api/deployment_answers.h"
#include "api/route_tables.h"
#include "app/deployments.h"
#include "app/gate_report.h"
#include "core/operations/deployments.h"
#include "wire/deployment.h"
#include "wire/dry_run.h"
#include "wire/gate_report.h"
#include "wire/list.h"
#include "wire/review.h"

/// The gates that hold a deployment, and their reviews: `…/actions/runs/{run_id}/…`, where a run is
/// a deployment, and our own routes.
namespace esclusa::api {
namespace {

Result<http::Response> list_pending_deployments(const Call& call, app::Reader& db) {
  const auto id = TRY(call.id<DeploymentId>("run_id"));
  auto pending = TRY(app::find_pending(db, call.access(), id));
  JsonWriter json;
  std::vector<core::PendingDeployment> all;
  if (pending) all.push_back(std::move(*pending));
  wire::write_list(json, all, [&](JsonWriter& to, const core::PendingDeployment& one) {
    wire::write_pending_deployment(to, one, call.repository(), call.urls);
  });
  return json_response(200, std::move(json));
}

Result<http::Response> review_pending_deployments(const Call& call) {
  const auto id = TRY(call.id<DeploymentId>("run_id"));
  const core::NewReview input = TRY(wire::parse_new_review(call.request.body));
  const auto deployment = TRY(app::review_deployment(call.context, call.access(), id, input));
  JsonWriter json;
  wire::write_list(json, std::span(&deployment, 1), [&](JsonWriter& to, const auto& reviewed) {
    wire::write_deployment(to, reviewed, call.repository(), call.urls);
  });
  return json_response(200, std::move(json));
}

Result<http::Response> list_approvals(const Call& call, app::Reader& db) {
  const auto id = TRY(call.id<DeploymentId>("run_id"));
  const auto history = TRY(app::list_reviews(db, call.access(), id));
  JsonWriter json;
  wire::write_list(json, history.reviews,
                   [&](JsonWriter& to, const core::DeploymentReview& review) {
                     wire::write_review(to, review, history, call.repository(), call.urls);
                   });
  return json_response(200, std::move(json));
}

Result<http::Response> get_gates(const Call& call, app::Reader& db) {
  const auto id = TRY(call.id<DeploymentId>("deployment_id"));
  const auto report = TRY(app::explain_gates(call.context, db, call.access(), id));
  JsonWriter json;
  wire::write_gate_report(json, report, call.repository(), call.urls);
  return json_response(200, std::move(json));
}

Result<http::Response> bypass_gates(const Call& call) {
  const auto id = TRY(call.id<DeploymentId>("deployment_id"));
  const std::string reason = TRY(wire::parse_bypass_reason(call.request.body));
  const auto deployment = TRY(app::bypass_gates(call.context, call.access(), id, reason));
  JsonWriter json;
  wire::write_deployment(json, deployment, call.repository(), call.urls);
  return json_response(200, std::move(json));
}

Result<http::Response> dry_run(const Call& call) {
  core::NewDeployment input = TRY(wire::parse_new_deployment(call.request.body));
  input.expected_live = TRY(parse_expected_live(call.request));
  const auto run = TRY(app::dry_run(call.context, call.access(), input));
  JsonWriter json;
  wire::write_dry_run(json, run, input);
  return json_response(200, std::move(json));
}

// clang-format off
const Route table[] = {
    {"GET", RUN "/pending_deployments", &operations::list_pending_deployments, reads_deployments,
     Lane::rows, "actions/workflow-runs#get-pending-deployments-for-a-workflow-run",
     list_pending_deployments},
    {"POST", RUN "/pending_deployments", &operations::review_pending_deployments, "", Lane::git,
     "actions/workflow-runs#review-pending-deployments-for-a-workflow-run",
     review_pending_deployments},
    {"GET", RUN "/approvals", &operations::list_approvals, reads_deployments, Lane::rows,
     "actions/workflow-runs#get-the-review-history-for-a-workflow-run", list_approvals},
    {"GET", ESCLUSA DEPLOYMENT "/gates", &operations::get_gates, reads_deployments, Lane::rows, "",
     get_gates},
    {"POST", ESCLUSA DEPLOYMENT "/bypass", &operations::bypass_gates, "", Lane::git, "",
     bypass_gates},
    {"POST", ESCLUSA REPOSITORY "/deployments/dry_run", &operations::dry_run, "", Lane::git, "",
     dry_run},
};
// clang-format on

}  // namespace

std::span<const Route> reviews_routes() { return table; }

}  // namespace esclusa::api
