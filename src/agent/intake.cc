#include "agent/intake.h"

#include "base/log.h"
#include "wire/json.h"

namespace esclusa::agent {

Intake::Outcome Intake::take(std::string body) const {
  auto json = wire::Json::parse(body);
  if (!json) return {Taken::malformed, "Problems parsing JSON"};
  if (!json->is_object()) return {Taken::malformed, "Body should be a JSON object"};
  if (json->string_at("action").value_or("created") != "created") {
    return {Taken::ignored, "Ignored: the action is not `created`"};
  }
  auto event = parse_deployment_event(std::move(body));
  if (!event) return {Taken::invalid, event.error().message};
  if (config_.find_rule(event->repository, event->environment, event->task) == nullptr) {
    log::info("ignored: no [[deploy]] entry is for it", {{"repository", event->repository},
                                                         {"deployment", event->id},
                                                         {"environment", event->environment},
                                                         {"task", event->task}});
    return {Taken::ignored,
            "Ignored: the agent has no [[deploy]] entry for this repository, environment and task"};
  }
  auto enqueued = work_.enqueue(*event);
  if (!enqueued) {
    log::error("an event cannot be written down", {{"error", enqueued.error().message}});
    return {Taken::failed, "The agent is busy; try again"};
  }
  if (*enqueued == Enqueued::already_known) return {Taken::known, "Known already"};
  log::info("accepted", {{"repository", event->repository},
                         {"deployment", event->id},
                         {"environment", event->environment},
                         {"task", event->task}});
  accepted_(std::move(*event));
  return {Taken::accepted, "Accepted"};
}

}  // namespace esclusa::agent
