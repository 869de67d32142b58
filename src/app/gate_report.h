#pragma once
#include "app/access.h"
#include "core/gates.h"

namespace esclusa::app {

/// The gates that hold the deployment, as they are now, or those that held it. `not_found` if there
/// is no such deployment.
Result<core::GateReport> explain_gates(const Context& context, Reader& db,
                                       const RepositoryAccess& access, DeploymentId id);

}  // namespace esclusa::app
