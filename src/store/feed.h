#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/event.h"
#include "sql/connection.h"

/// Events in the order of their ids, none skipped: docs/decisions/0009-event-feed.md.
namespace esclusa::store {

struct FeedEnd {
  int64_t settled = 0;  ///< no event up to here is still to be committed
  int64_t latest = 0;   ///< no event has a larger id so far
};
/// To be read in a transaction of its own, before the one that reads events: on PostgreSQL a
/// snapshot that is older than this answer may lack what has been settled since.
FeedEnd feed_end(sql::Connection& db);

/// Says, for `feed_end`, that the transaction is about to take an id. Before each insertion.
void announce_event(sql::Connection& tx);

/// The oldest events with `after < id <= upto`, of one repository or of all; never those that
/// concern a single hook.
std::vector<core::Event> list_feed(sql::Connection& db, std::optional<RepositoryId> repository,
                                   int64_t after, int64_t upto, int count);
std::string event_body(sql::Connection& db, EventId id);

}  // namespace esclusa::store
