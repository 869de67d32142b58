#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/context.h"
#include "core/feed.h"
#include "store/feed.h"
#include "store/kept.h"

namespace esclusa::app {

/// Who reads which events: all that the actor may read, or those of one repository.
struct Feed {
  core::Actor actor = core::Actor::nobody();
  std::optional<RepositoryId> repository;
};

// These functions open their own snapshots: a stream outlives the snapshot of its request.

/// Reads the actor's present account and token, and judges its access again, for a stream that
/// stays open. `unauthenticated` or `not_found` when the stream must end.
Result<void> renew_access(const Context& context, Feed& feed);

/// The present end of the feed; for `read_feed`. The events up to it must be read in a later
/// snapshot than this one: some of them may have been committed after this one began.
Result<store::FeedEnd> feed_end(const Context& context);

/// An event as JSON, kept from one reader to the next (docs/decisions/0031).
struct FeedText {
  EventId id;
  std::string kind;
  std::string json;        ///< what wire::write_feed_event makes
  store::Sources sources;  ///< the rows that it shows
};

struct FeedPage {
  std::vector<std::shared_ptr<const FeedText>> events;
  int64_t next = 0;       ///< id to continue after; may lie beyond the last event
  bool has_more = false;  ///< the page ended before `settled`
};
/// Reads the oldest events after `after`, at most `count`, that the actor may read. One call
/// skips at most about limits::feed_scan_events others: a page may be empty although more events
/// follow it.
Result<FeedPage> read_feed(const Context& context, const Feed& feed, int64_t after, int64_t settled,
                           int count);

}  // namespace esclusa::app
