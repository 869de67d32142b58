#pragma once
#include <atomic>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/config.h"
#include "agent/run_log.h"
#include "agent/work_folder.h"
#include "base/process.h"
#include "client/api.h"

namespace esclusa::agent {

/// PATH, HOME and LANG of the agent.
std::vector<std::string> program_environment();

/// What is short enough for variables: names and values.
std::vector<std::pair<std::string, std::string>> deployment_variables(
    const client::Deployment& deployment, const RunFolder& run);

/// What the command gets besides its arguments: the deployment as variables, and its payload and
/// the event as files, because they may be large and hold anything.
std::vector<std::string> command_environment(const client::Deployment& deployment,
                                             const RunFolder& run);

/// The outcome of a command that the agent has ended; nothing if it has not.
std::optional<Outcome> cut_short(const ProcessOutcome& outcome, const Rule& rule);

/// Runs a rule's command in the checkout and waits for it. The command is the rule's alone;
/// nothing of the deployment is in its arguments.
Outcome run_command(const Rule& rule, const client::Deployment& deployment, const RunFolder& run,
                    RunLog& log, const std::atomic<bool>& cancel);

}  // namespace esclusa::agent
