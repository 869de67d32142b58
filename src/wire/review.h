#pragma once
#include "core/gates.h"
#include "wire/json.h"
#include "wire/json_writer.h"
#include "wire/urls.h"

/// Pending deployments, reviews and the states of gates.
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

/// Each gate with its state, its reason, who can open it, and when it opens.
void write_gates(JsonWriter& json, const std::vector<core::GateVerdict>& verdicts);
void write_gate_report(JsonWriter& json, const core::GateReport& report,
                       const core::Repository& repository, const Urls& urls);
void write_dry_run(JsonWriter& json, const core::DryRun& run, const core::NewDeployment& input);

}  // namespace esclusa::wire
