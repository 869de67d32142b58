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

/// The agent's PATH, HOME and LANG.
std::vector<std::string> program_environment();

/// The data of a deployment that is short enough for environment variables: names and values.
std::vector<std::pair<std::string, std::string>> deployment_variables(
    const client::Deployment& deployment, const RunFolder& run);

/// The environment of a command: variables for the deployment, and the paths of two files with its
/// payload and the event, which may be large and contain any text.
std::vector<std::string> command_environment(const client::Deployment& deployment,
                                             const RunFolder& run);

/// The outcome of a command that the agent has ended; `nullopt` if the command ended by itself.
std::optional<Outcome> cut_short(const ProcessOutcome& outcome, const Rule& rule);

/// Runs a rule's command in the checkout and waits for it. The command comes only from the rule;
/// none of its arguments come from the deployment. `values` are variables of its environment.
Outcome run_command(const Rule& rule, const client::Deployment& deployment, const RunFolder& run,
                    RunLog& log, const std::atomic<bool>& cancel,
                    const client::GivenValues& values = {});

}  // namespace esclusa::agent
