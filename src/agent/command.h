#pragma once
#include <atomic>
#include <string>
#include <vector>

#include "agent/config.h"
#include "agent/event.h"
#include "agent/run_log.h"
#include "agent/work_folder.h"

namespace esclusa::agent {

/// What the command gets besides its arguments: facts of the event as variables, and the payload
/// and the whole event as files, because they may be large and hold anything.
std::vector<std::string> command_environment(const DeploymentEvent& event, const RunFolder& run);

/// Runs a rule's command in the checkout and waits for it. The command is the rule's alone;
/// nothing of the event is in its arguments.
Outcome run_command(const Rule& rule, const DeploymentEvent& event, const RunFolder& run,
                    RunLog& log, const std::atomic<bool>& cancel);

}  // namespace esclusa::agent
