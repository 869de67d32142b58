#include "api/route_tables.h"
#include "app/deployments.h"
#include "app/review_events.h"
#include "core/operations/deployments.h"
#include "wire/list.h"
#include "wire/workflow_run.h"

/// Workflow runs, which answers and events about reviews name: a run is a deployment.
namespace esclusa::api {
namespace {

Result<http::Response> get_workflow_run(const Call& call) {
  const auto id = TRY(call.id<DeploymentId>("run_id"));
  const auto deployment = TRY(call.context.database.read(
      [&](app::Reader& db) { return app::get_deployment(db, call.access(), id); }));
  const auto head = app::read_head(call.context, call.repository(), deployment.sha);
  JsonWriter json;
  wire::write_workflow_run(json, deployment, head, wire::run_state(deployment), call.repository(),
                           call.urls);
  return json_response(200, std::move(json));
}

/// An empty list of a deployment that exists.
Result<http::Response> list_nothing(const Call& call, app::Reader& db, const char* name) {
  TRY(app::get_deployment(db, call.access(), TRY(call.id<DeploymentId>("run_id"))));
  JsonWriter json;
  wire::write_counted_list(json, 0, name, std::span<const int>(), [](JsonWriter&, int) {});
  return json_response(200, std::move(json));
}

Result<http::Response> list_jobs(const Call& call, app::Reader& db) {
  return list_nothing(call, db, "jobs");
}

Result<http::Response> list_artifacts(const Call& call, app::Reader& db) {
  return list_nothing(call, db, "artifacts");
}

Result<http::Response> get_workflow(const Call& call, app::Reader& db) {
  const auto id = TRY(call.id<DeploymentId>("workflow_id"));
  const auto deployment = TRY(app::get_deployment(db, call.access(), id));
  JsonWriter json;
  wire::write_workflow(json, deployment, call.repository(), call.urls);
  return json_response(200, std::move(json));
}

// clang-format off
const Route table[] = {
    {"GET", RUN, &operations::get_workflow_run, reads_deployments, Lane::git,
     "actions/workflow-runs#get-a-workflow-run", get_workflow_run},
    {"GET", RUN "/jobs", &operations::list_nothing_of_run, reads_deployments, Lane::loop,
     "actions/workflow-jobs#list-jobs-for-a-workflow-run", list_jobs},
    {"GET", RUN "/artifacts", &operations::list_nothing_of_run, reads_deployments, Lane::loop,
     "actions/artifacts#list-workflow-run-artifacts", list_artifacts},
    {"GET", REPOSITORY "/actions/workflows/{workflow_id}", &operations::get_workflow,
     reads_deployments, Lane::loop, "actions/workflows#get-a-workflow", get_workflow},
};
// clang-format on

}  // namespace

std::span<const Route> workflow_runs_routes() { return table; }

}  // namespace esclusa::api
