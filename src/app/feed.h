#pragma once
#include <optional>
#include <vector>

#include "app/context.h"
#include "core/feed.h"
#include "store/feed.h"

namespace esclusa::app {

/// Who follows what: all that the principal may read, or one repository.
struct Feed {
  core::Principal principal;
  std::optional<RepositoryId> repository;
};

/// Reads who the principal is now, and judges its access again: for a stream that has been open
/// for a while. `unauthenticated` or `not_found` when it has to end.
Result<void> judge_again(const Context& context, Feed& feed);

/// How far the feed goes at present; for `read_feed`.
Result<store::FeedEnd> feed_end(const Context& context);

struct FeedPage {
  std::vector<core::FeedEvent> events;
  int64_t next = 0;       ///< to go on from; beyond the last event where others were passed over
  bool has_more = false;  ///< the page ended before `settled`
};
/// The oldest events after `after`, at most `count`, that the principal may read. Of those that it
/// may not, some limits::feed_scan_events are passed over at once: a page may be empty, and have
/// more behind it.
Result<FeedPage> read_feed(const Context& context, const Feed& feed, int64_t after, int64_t settled,
                           int count);

}  // namespace esclusa::app
