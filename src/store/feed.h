#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/deployment_kind.h"
#include "core/event.h"
#include "sql/connection.h"

/// Events in the order of their ids, without gaps: docs/decisions/0009-event-feed.md.
namespace esclusa::store {

struct FeedEnd {
  int64_t settled = 0;  ///< every event with an id up to this one is committed or rolled back
  int64_t latest = 0;   ///< the largest id of an event so far
};
/// Call it in a transaction of its own, before the one that reads events: on PostgreSQL an older
/// snapshot may lack events that were committed since.
FeedEnd feed_end(sql::Reader& db);

/// Marks, for `feed_end`, that the transaction will take an event id. Call it before each
/// insertion.
void announce_event(sql::Writer& tx);

/// The oldest events with `after < id <= up_to`, of one repository or of all; without events for a
/// single hook.
struct FeedRow : core::Event {
  std::optional<core::Repeats> repeats = {};  ///< what its deployment does, if that is there
};
std::vector<FeedRow> list_feed(sql::Reader& db, std::optional<RepositoryId> repository,
                               int64_t after, int64_t up_to, int count);
/// The frozen body; nothing if it was pruned.
std::optional<std::string> event_body(sql::Reader& db, EventId id);

}  // namespace esclusa::store
