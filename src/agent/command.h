#pragma once
#include <atomic>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/config.h"
#include "agent/event.h"
#include "agent/run_log.h"
#include "agent/work_folder.h"
#include "base/process.h"

namespace esclusa::agent {

/// PATH, HOME and LANG of the agent.
std::vector<std::string> program_environment();

/// The facts of an event that are short enough for variables: names and values.
std::vector<std::pair<std::string, std::string>> event_variables(const DeploymentEvent& event,
                                                                 const RunFolder& run);

/// What the command gets besides its arguments: facts of the event as variables, and the payload
/// and the whole event as files, because they may be large and hold anything.
std::vector<std::string> command_environment(const DeploymentEvent& event, const RunFolder& run);

/// The outcome of a command that the agent has ended; nothing if it has not.
std::optional<Outcome> cut_short(const ProcessOutcome& outcome, const Rule& rule);

/// Runs a rule's command in the checkout and waits for it. The command is the rule's alone;
/// nothing of the event is in its arguments.
Outcome run_command(const Rule& rule, const DeploymentEvent& event, const RunFolder& run,
                    RunLog& log, const std::atomic<bool>& cancel);

}  // namespace esclusa::agent
