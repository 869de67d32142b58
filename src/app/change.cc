#include "app/change.h"

#include <algorithm>

#include "app/event_ends.h"
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
  const auto end =
      std::ranges::find_if(ends_, [&](const auto& known) { return body.ends_with(known->text); });
  const EventId id = store::insert_event(rows, event, body, by, &delivery_count,
                                         end == ends_.end() ? nullptr : end->get());
  topics_.events = true;
  topics_.deliveries |= delivery_count > 0;
  return id;
}

wire::EventContext Change::event_context(const core::Repository& repository,
                                         const core::Account& sender) {
  wire::EventContext about{repository, sender, context.event_urls};
  const auto end = find_event_end(about);
  if (std::ranges::find(ends_, end) == ends_.end()) ends_.push_back(end);
  about.end = end->text;
  return about;
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
