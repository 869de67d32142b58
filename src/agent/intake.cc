#include "agent/intake.h"

#include "base/json_scan.h"
#include "base/log.h"

namespace esclusa::agent {

Intake::Outcome Intake::take(std::string body,
                             const std::function<bool(std::string_view)>& may_tell) const {
  const auto action = find_raw_member(body, "action");
  if (action && *action != R"("created")") {
    return {Taken::ignored, "Ignored: the action is not `created`"};
  }
  auto event = parse_deployment_event(std::move(body));
  if (!event) {
    log::error("an event that cannot be read was passed over", {{"error", event.error().message}});
    return {Taken::unreadable, "Ignored: " + event.error().message};
  }
  const auto config = config_.get();
  if (!config->has_repository(event->repository)) {
    return {Taken::ignored, "Ignored: the agent has no [[deploy]] entry for this repository"};
  }
  if (!may_tell(event->repository)) {
    log::warning("refused: the event is signed with the secret of another repository's entry",
                 {{"repository", event->repository}, {"deployment", event->id}});
    return {Taken::refused,
            "The event is signed with the secret of an entry for another repository. Give the "
            "webhook the secret of an entry for this one."};
  }
  // Only spares the server a request: what the event says counts here only to ignore it.
  const bool says_what = !event->environment.empty() && !event->task.empty();
  if (says_what &&
      config->find_rule(event->repository, event->environment, event->task) == nullptr) {
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
