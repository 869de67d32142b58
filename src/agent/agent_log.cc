#include "agent/agent_log.h"

namespace esclusa::agent {

void log_run(log::Level level, std::string_view message, const RunFolder& run,
             const std::string& detail) {
  log::write(level, message,
             {{"repository", run.record.repository},
              {"deployment", run.record.deployment},
              {"environment", run.record.environment},
              {"detail", detail}});
}

void log_event(log::Level level, std::string_view message, const DeploymentEvent& event,
               const std::string& detail) {
  log::write(level, message,
             {{"repository", event.repository},
              {"deployment", event.id},
              {"environment", event.environment},
              {"detail", detail}});
}

std::string message_of(const Error& error) {
  if (error.code != ErrorCode::unauthenticated) return error.message;
  return "the agent's token is revoked or expired";
}

}  // namespace esclusa::agent
