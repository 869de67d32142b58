#include "app/change.h"

#include "base/check.h"
#include "store/events.h"

namespace esclusa::app {

void Change::audit(const store::AuditEntry& entry) {
  store::insert_audit(rows, actor, entry, now);
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
  topics_.events = topics_.deliveries = true;
  return store::insert_event(rows, event, body, by);
}

void check_audited(const Change& change) {
  if (!change.is_audit_settled()) bug("a change left no audit row");
}

bool is_conflict(const Error& error) { return error.reason_code == "transaction_conflict"; }

}  // namespace esclusa::app
