#pragma once
#include "api/call.h"

/// The gates that hold a deployment, and their reviews: `…/actions/runs/{run_id}/…`, where a run is
/// a deployment, and our own routes.
namespace esclusa::api {

Result<http::Response> list_pending_deployments(const Call& call);
Result<http::Response> review_pending_deployments(const Call& call);
Result<http::Response> list_approvals(const Call& call);

Result<http::Response> get_gates(const Call& call);
Result<http::Response> bypass_gates(const Call& call);
Result<http::Response> dry_run(const Call& call);

}  // namespace esclusa::api
