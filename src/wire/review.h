#pragma once
#include "base/error.h"
#include "base/json_writer.h"
#include "core/review.h"
#include "wire/urls.h"

/// Pending deployments and reviews.
namespace esclusa::wire {

/// The body of `POST …/actions/runs/{run_id}/pending_deployments`.
Result<core::NewReview> parse_new_review(std::string_view body);
/// Reads `reason` from the body of `POST …/bypass`; empty if it is absent.
Result<std::string> parse_bypass_reason(std::string_view body);

/// GitHub's `pending-deployment`.
void write_pending_deployment(JsonWriter& json, const core::PendingDeployment& pending,
                              const core::Repository& repository, const Urls& urls);
/// GitHub's `environment-approvals`. A bypass has the state `approved`, and its reason as the
/// comment.
void write_review(JsonWriter& json, const core::DeploymentReview& review,
                  const core::ReviewHistory& history, const core::Repository& repository,
                  const Urls& urls);

}  // namespace esclusa::wire
