#pragma once
#include <atomic>
#include <string>

#include "agent/config.h"
#include "agent/run_log.h"
#include "agent/work_folder.h"
#include "client/api.h"

namespace esclusa::agent {

/// Copies the checkout to the rule's target (which must be set), runs the command in the copy, and
/// waits. It uses one connection, and the command may run only while that is open. After the time
/// limit, at the agent's stop, or when the connection breaks, the command's process group at the
/// target is ended. In any case the script at the target removes the copy. The time limit includes
/// the copying. `values` go to the command through the standard input of ssh and a pipe there: they
/// are in no file and in no argument, on neither host.
Outcome run_on_target(const Rule& rule, const client::Deployment& deployment, const RunFolder& run,
                      RunLog& log, const std::atomic<bool>& cancel,
                      const client::GivenValues& values = {});

/// The script that the target's shell runs last: it sets the deployment's variables and those that
/// it reads from its standard input, and runs the command in the copy.
std::string start_script(const Rule& rule, const client::Deployment& deployment,
                         const RunFolder& run);

}  // namespace esclusa::agent
