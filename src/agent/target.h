#pragma once
#include <atomic>
#include <string>

#include "agent/config.h"
#include "agent/run_log.h"
#include "agent/work_folder.h"
#include "client/api.h"

namespace esclusa::agent {

/// Copies the checkout to the rule's target (which it has), runs the command in it, and waits. It
/// takes one connection: while it stands, the command may run. When the time is over, or the agent
/// is to end, or the connection breaks, the command's process group is ended there. What was
/// copied is removed in any case, by what still runs there. The time limit includes the copying.
Outcome run_on_target(const Rule& rule, const client::Deployment& deployment, const RunFolder& run,
                      RunLog& log, const std::atomic<bool>& cancel);

/// What the shell at the target runs in the end: the deployment as variables, and the command
/// in the copy.
std::string start_script(const Rule& rule, const client::Deployment& deployment,
                         const RunFolder& run);

}  // namespace esclusa::agent
