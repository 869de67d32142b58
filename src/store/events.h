#pragma once
#include <string_view>

#include "core/event.h"
#include "core/principal.h"
#include "sql/connection.h"

namespace esclusa::store {

/// Inserts the event, its frozen body, and one pending delivery for each active hook of the
/// repository or of its organization that wants the event. Sets the values of `event.id` and
/// `event.event_no`.
EventId insert_event(sql::Connection& tx, const core::Event& event, std::string_view body,
                     const core::Principal& actor);

/// The body of the repository's latest `push` event; nullopt if there was none.
std::optional<std::string> latest_push(sql::Connection& db, RepositoryId repository);

/// The one audit row of a mutating transaction. `detail` is JSON text without secrets.
struct AuditEntry {
  std::string_view action;  ///< `deployment.create`
  std::optional<RepositoryId> repository_id;
  int64_t target_id = 0;
  std::string detail = "{}";
};
void insert_audit(sql::Connection& tx, const core::Principal& actor, const AuditEntry& entry,
                  Timestamp now);

}  // namespace esclusa::store
