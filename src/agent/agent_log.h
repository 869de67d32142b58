#pragma once
#include <string>

#include "agent/event.h"
#include "agent/work_folder.h"
#include "base/error.h"
#include "base/log.h"

/// Lines of the agent's own log. The output of a command goes to the log of its run (`RunLog`).
namespace esclusa::agent {

void log_run(log::Level level, std::string_view message, const RunFolder& run,
             const std::string& detail);
void log_event(log::Level level, std::string_view message, const DeploymentEvent& event,
               const std::string& detail);
/// What went wrong, for a log. A token that the server refuses is named as such.
std::string message_of(const Error& error);

}  // namespace esclusa::agent
