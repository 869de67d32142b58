#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "sql/connection.h"

/// The bodies of events as the table `event_body` has them, compressed or, from older versions,
/// plain: docs/decisions/0033-event-bodies.md. Any thread.
namespace esclusa::store {

/// The end that the bodies of many events have in common. It is compressed once.
struct BodyEnd {
  std::string text;
  std::string compressed;  ///< a zstd frame
};
BodyEnd compress_end(std::string text);

/// Inserts the body. If it ends with the text of `end`, only the rest of it is compressed now.
void insert_event_body(sql::Writer& tx, EventId event, std::string_view body, const BodyEnd* end);

/// What `read_event_body` reads, of the table `event_body` as `b`.
constexpr std::string_view event_body_columns = "b.event_id, b.codec, b.body";
constexpr int event_body_column_count = 3;

/// The body in the row, whose `event_body_columns` begin at `column`. Nothing if it was pruned. A
/// damaged body is an error in the log, and otherwise the same as a pruned one.
std::optional<std::string> read_event_body(const sql::Row& row, int column);

}  // namespace esclusa::store
