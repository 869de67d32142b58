#include "agent/command.h"

#include <cstdlib>
#include <cstring>

#include "agent/values.h"
#include "base/crypto.h"
#include "base/limits.h"
#include "base/text.h"

namespace esclusa::agent {
namespace {

Outcome judge(const ProcessOutcome& outcome, const Rule& rule) {
  if (auto cut = cut_short(outcome, rule)) return *cut;
  if (!outcome.exit_code) {
    const char* name = sigabbrev_np(outcome.signal);
    return {"error", "The command was ended by the signal " +
                         (name ? name : std::to_string(outcome.signal))};
  }
  if (*outcome.exit_code == 0) return {"success", "The command succeeded"};
  return {"failure", "The command exited with " + std::to_string(*outcome.exit_code)};
}

}  // namespace

std::vector<std::string> program_environment() {
  std::vector<std::string> environment;
  for (const char* name : {"PATH", "HOME", "LANG"}) {
    if (const char* value = std::getenv(name)) {
      environment.push_back(std::string(name) + "=" + value);
    }
  }
  return environment;
}

std::vector<std::pair<std::string, std::string>> deployment_variables(
    const client::Deployment& deployment, const RunFolder& run) {
  using Kind = core::DeploymentKind;
  const auto& repeats = deployment.repeats;
  return {{"ESCLUSA_REPOSITORY", run.record.repository},
          {"ESCLUSA_DEPLOYMENT_ID", std::to_string(deployment.id)},
          {"ESCLUSA_ENVIRONMENT", deployment.original_environment},
          {"ESCLUSA_TASK", deployment.task},
          {"ESCLUSA_REF", deployment.ref},
          {"ESCLUSA_SHA", deployment.sha},
          {"ESCLUSA_KIND", std::string(core::to_name(repeats ? repeats->kind : Kind::deploy))},
          {"ESCLUSA_ORIGIN", repeats ? std::to_string(repeats->origin.value) : ""}};
}

std::vector<std::string> command_environment(const client::Deployment& deployment,
                                             const RunFolder& run) {
  std::vector<std::string> environment = program_environment();
  for (const auto& [name, value] : deployment_variables(deployment, run)) {
    environment.push_back(name + "=" + value);
  }
  environment.push_back("ESCLUSA_PAYLOAD_FILE=" + run.payload_file().string());
  environment.push_back("ESCLUSA_EVENT_FILE=" + run.event_file().string());
  return environment;
}

std::optional<Outcome> cut_short(const ProcessOutcome& outcome, const Rule& rule) {
  if (outcome.cancelled) return Outcome{"error", "The agent was stopped"};
  if (!outcome.timed_out) return std::nullopt;
  return Outcome{"failure",
                 "The command was ended after its time limit of " + rule.time_limit_text};
}

Outcome run_command(const Rule& rule, const client::Deployment& deployment, const RunFolder& run,
                    RunLog& log, const std::atomic<bool>& cancel,
                    const client::GivenValues& values) {
  ProcessSpec spec;
  spec.arguments = rule.command;
  spec.environment = command_environment(deployment, run);
  add_to_environment(spec.environment, values);
  spec.directory = run.source().string();
  spec.time_limit = rule.time_limit;
  spec.kill_after = limits::run_kill_after;
  spec.on_output = [&](std::string_view text) { log.append(text); };
  spec.cancel = &cancel;
  auto outcome = run_process(spec);
  for (std::string& variable : spec.environment) wipe(variable);
  if (!outcome) {
    log.say(outcome.error().message);
    return {"error", "The command could not be started; the log says why"};
  }
  return judge(*outcome, rule);
}

}  // namespace esclusa::agent
