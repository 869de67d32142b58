#include "wire/dry_run.h"

#include "wire/error.h"
#include "wire/gate_report.h"

namespace esclusa::wire {
namespace {

/// The result that a create would have, and why.
std::string explain(const core::DryRun& run, const core::NewDeployment& input) {
  switch (run.outcome) {
    case core::DryRunOutcome::released: return "It would be sent at once.";
    case core::DryRunOutcome::held:
      return "It would wait for: " + core::shut_gates(run.gates) + ".";
    case core::DryRunOutcome::merged:
      return run.default_branch + " would be merged into " + input.ref + ", and nothing deployed.";
    case core::DryRunOutcome::refused: break;
  }
  return run.refusal->message;
}

}  // namespace

void write_dry_run(JsonWriter& json, const core::DryRun& run, const core::NewDeployment& input) {
  json.begin_object()
      .member("outcome", core::to_name(run.outcome))
      .member("environment", input.environment)
      .member("makes_environment", run.makes_environment)
      .member("ref", input.ref)
      .member("sha", run.sha.empty() ? std::nullopt : std::optional(run.sha))
      .member("message", explain(run, input))
      .member("reason_code", run.refusal ? std::optional(run.refusal->reason_code) : std::nullopt);
  if (run.refusal) write_error_fields(json, *run.refusal);
  json.key("gates");
  write_gates(json, run.gates);
  json.end_object();
}

}  // namespace esclusa::wire
