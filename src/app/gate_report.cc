#include "app/gate_report.h"

#include "app/reviewers.h"
#include "store/deployments.h"
#include "store/environments.h"
#include "store/gates.h"

namespace esclusa::app {

Result<core::GateReport> explain_gates(const Context& context, Reader& db,
                                       const RepositoryAccess& access, DeploymentId id) {
  auto deployment = store::find_deployment(db, access.repository.id, id);
  if (!deployment) return not_found();
  core::GateReport report{*std::move(deployment), std::nullopt, {}};
  report.environment = store::find_environment(db, report.deployment.original_environment.id);
  if (report.deployment.phase != core::DeploymentPhase::held || !report.environment) {
    report.verdicts = store::list_verdicts(db, id);
    return report;
  }
  auto facts = store::gather_gate_facts(db, *report.environment, report.deployment,
                                        {context.now(), context.boot_now()});
  facts.unentitled = store::list_unentitled(db, *report.environment);
  report.verdicts = core::judge_gates(*report.environment, report.deployment, facts);
  hide_openers(db, access.actor, report.verdicts);
  return report;
}

}  // namespace esclusa::app
