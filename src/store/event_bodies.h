#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/time.h"
#include "sql/connection.h"

/// The bodies of events as the table `event_body` has them, compressed or, from older versions,
/// plain: docs/decisions/0033-event-bodies.md and 0040. Any thread.
namespace esclusa::store {

/// The end that the bodies of many events have in common. It is compressed and stored once.
struct BodyEnd {
  std::string text;
  std::string compressed;   ///< a zstd frame
  std::string digest = {};  ///< of the text
};
BodyEnd compress_end(std::string text);

/// Inserts the body. If it ends with the text of `end`, only the rest of it is compressed and
/// stored now, unless the store has not had this end yet.
void insert_event_body(sql::Writer& tx, EventId event, std::string_view body, const BodyEnd* end,
                       Timestamp now);

/// What `read_event_body` reads, of the table `event_body` as `b`.
constexpr std::string_view event_body_columns =
    "b.event_id, b.codec, b.body, (select n.body from event_body_end n where n.id = b.end_id)";
constexpr int event_body_column_count = 4;

/// The body in the row, whose `event_body_columns` begin at `column`. Nothing if it was pruned. A
/// damaged body is an error in the log, and otherwise the same as a pruned one.
std::optional<std::string> read_event_body(const sql::Row& row, int column);

/// Removes ends that no body has any more and that are older than that time, at most `limit`; the
/// number that it removed.
int64_t remove_unused_ends(sql::Writer& tx, Timestamp before, int64_t limit);

/// Writes bodies of earlier versions in the smaller form. Remembers some ends, so that the bodies
/// that have them in common share them.
class BodyRecoder {
 public:
  /// Writes the bodies of the next events after that one, up to `last`, at most `limit` of them.
  /// Returns the last event that it looked at; nothing if there was none. A body that cannot be
  /// read stays as it is.
  std::optional<EventId> recode(sql::Writer& tx, EventId after, EventId last, int64_t limit,
                                Timestamp now);
  int64_t count() const { return count_; }  ///< of the bodies that it has written

 private:
  const BodyEnd& end_of(std::string_view text);
  std::vector<BodyEnd> ends_;  ///< the latest ones
  size_t next_ = 0;
  int64_t count_ = 0;
};

}  // namespace esclusa::store
