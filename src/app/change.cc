#include "app/change.h"

#include "base/check.h"
#include "base/log.h"
#include "store/events.h"

namespace esclusa::app {

void Change::audit(const store::AuditEntry& entry, std::string_view environment) {
  store::insert_audit(rows, actor, entry, now);
  acts_.push_back(
      {std::string(entry.action), entry.repository_id, entry.target_id, std::string(environment)});
  is_audit_settled_ = true;
}

core::Event Change::new_event(std::optional<RepositoryId> repository, std::string kind,
                              std::string action) const {
  core::Event event;
  event.guid = random_uuid();
  event.repository_id = repository;
  event.kind = std::move(kind);
  event.action = std::move(action);
  event.created_at = now;
  return event;
}

EventId Change::raise(const core::Event& event, std::string_view body) {
  return raise(event, body, actor);
}

EventId Change::raise(const core::Event& event, std::string_view body, const core::Actor& by) {
  size_t delivery_count = 0;
  const EventId id = store::insert_event(rows, event, body, by, &delivery_count);
  topics_.events = true;
  topics_.deliveries |= delivery_count > 0;
  return id;
}

void check_audited(const Change& change) {
  if (!change.is_audit_settled()) bug("a change left no audit row");
}

void log_acts(const core::Actor& actor, const std::vector<Change::Act>& acts) {
  for (const Change::Act& act : acts) {
    log::info(act.action,
              {{"request_id", actor.request_id()},
               {"id", act.target_id},
               {"repository_id", act.repository_id ? std::to_string(act.repository_id->value) : ""},
               {"environment", act.environment},
               {"actor", actor.name()}});
  }
}

bool is_conflict(const Error& error) { return error.reason_code == "transaction_conflict"; }

}  // namespace esclusa::app
