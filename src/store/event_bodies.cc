#include "store/event_bodies.h"

#include <algorithm>
#include <cstdint>

#include "base/crypto.h"
#include "base/log.h"
#include "store/frames.h"

namespace esclusa::store {
namespace {

/// The values of `event_body.codec`. `head_with_end`: as before, but the end is in a row of its
/// own. Another dictionary gets another number.
constexpr int64_t plain = 0, zstd_with_dictionary_1 = 1, head_with_end = 2;

constexpr int level = 1;
/// For what is compressed once and stored with many events.
constexpr int level_of_end = 6;
/// So many ends a recoder remembers.
constexpr size_t recoded_ends_max = 64;

std::string compress(std::string_view text) {
  static const FrameWriter writer(FrameDictionary::event_bodies, level, FrameWriter::Checksum::on);
  return writer.compress(text);
}

std::optional<std::string> decompress_base64(std::string_view stored) {
  const auto frames = base64_decode(stored);
  return frames ? decompress_frames(FrameDictionary::event_bodies, *frames) : std::nullopt;
}

std::optional<std::string> decode(int64_t codec, std::string_view stored,
                                  std::string_view stored_end) {
  if (codec == plain) return std::string(stored);
  if (codec != zstd_with_dictionary_1 && codec != head_with_end) return std::nullopt;
  auto text = decompress_base64(stored);
  if (!text || codec == zstd_with_dictionary_1) return text;
  const auto end = decompress_base64(stored_end);
  if (!end) return std::nullopt;
  return *text + *end;
}

/// Runs a statement that needs the row of the end; adds that row if the store has it not yet.
void execute_with_end(sql::Writer& tx, std::string_view sql, const sql::Writer::Parameters& values,
                      const BodyEnd& end, Timestamp now) {
  if (tx.execute(sql, values) > 0) return;
  tx.execute(
      "insert into event_body_end (digest, body, created_at) values ($1, $2, $3) "
      "on conflict (digest) do nothing",
      {end.digest, base64(end.compressed), to_micros(now)});
  tx.execute(sql, values);
}

}  // namespace

BodyEnd compress_end(std::string text) {
  static const FrameWriter writer(FrameDictionary::event_bodies, level_of_end,
                                  FrameWriter::Checksum::on);
  std::string compressed = writer.compress(text);
  std::string digest = hex(sha256(text));
  return {std::move(text), std::move(compressed), std::move(digest)};
}

void insert_event_body(sql::Writer& tx, EventId event, std::string_view body, const BodyEnd* end,
                       Timestamp now) {
  constexpr std::string_view sql =
      "insert into event_body (event_id, codec, body) values ($1, $2, $3)";
  if (body.size() > compressed_text_max) {
    tx.execute(sql, {event.value, plain, body});
  } else if (end != nullptr && !end->text.empty() && body.ends_with(end->text)) {
    const std::string head = base64(compress(body.substr(0, body.size() - end->text.size())));
    const sql::Parameter values[] = {event.value, head_with_end, head, end->digest};
    execute_with_end(tx,
                     "insert into event_body (event_id, codec, body, end_id) "
                     "select $1, $2, $3, n.id from event_body_end n where n.digest = $4",
                     values, *end, now);
  } else {
    tx.execute(sql, {event.value, zstd_with_dictionary_1, base64(compress(body))});
  }
}

std::optional<std::string> read_event_body(const sql::Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  const std::string_view end = row.is_null(column + 3) ? std::string_view() : row.text(column + 3);
  auto body = decode(row.integer(column + 1), row.text(column + 2), end);
  if (!body) log::error("the body of an event is damaged", {{"event_id", row.integer(column)}});
  return body;
}

int64_t remove_unused_ends(sql::Writer& tx, Timestamp before, int64_t limit) {
  return tx.execute(
      "delete from event_body_end where id in (select n.id from event_body_end n where "
      "n.created_at < $1 and not exists (select 1 from event_body b where b.end_id = n.id) "
      "order by n.id limit $2)",
      {to_micros(before), limit});
}

const BodyEnd& BodyRecoder::end_of(std::string_view text) {
  const auto found = std::ranges::find(ends_, text, &BodyEnd::text);
  if (found != ends_.end()) return *found;
  BodyEnd made = compress_end(std::string(text));
  if (ends_.size() < recoded_ends_max) return ends_.emplace_back(std::move(made));
  next_ = (next_ + 1) % ends_.size();
  return ends_[next_] = std::move(made);
}

std::optional<EventId> BodyRecoder::recode(sql::Writer& tx, EventId after, EventId last,
                                           int64_t limit, Timestamp now) {
  struct Body {
    EventId event;
    int64_t codec;
    std::optional<std::string> text;
  };
  static const std::string sql = "select " + std::string(event_body_columns) +
                                 " from event_body b where b.event_id > $1 and b.event_id <= $2 "
                                 "order by b.event_id limit $3";
  const auto bodies = tx.all(sql, {after.value, last.value, limit}, [](const sql::Row& row) {
    const int64_t codec = row.integer(1);
    const bool is_old = codec == plain || codec == zstd_with_dictionary_1;
    return Body{EventId{row.integer(0)}, codec, is_old ? read_event_body(row, 0) : std::nullopt};
  });
  for (const Body& body : bodies) {
    if (!body.text || body.text->size() > compressed_text_max) continue;
    // Where the end begins only decides what is shared.
    const std::string_view text = *body.text;
    const size_t at = text.rfind(",\"repository\":{");
    if (at == text.npos) {
      if (body.codec != plain) continue;
      tx.execute("update event_body set codec = $2, body = $3 where event_id = $1",
                 {body.event.value, zstd_with_dictionary_1, base64(compress(text))});
    } else {
      const BodyEnd& end = end_of(text.substr(at));
      const std::string head = base64(compress(text.substr(0, at)));
      if (decode(head_with_end, head, base64(end.compressed)) != text) continue;  // a bug
      const sql::Parameter values[] = {body.event.value, head_with_end, head, end.digest};
      execute_with_end(tx,
                       "update event_body set codec = $2, body = $3, end_id = (select n.id from "
                       "event_body_end n where n.digest = $4) where event_id = $1 and exists "
                       "(select 1 from event_body_end n where n.digest = $4)",
                       values, end, now);
    }
    ++count_;
  }
  if (bodies.empty()) return std::nullopt;
  return bodies.back().event;
}

}  // namespace esclusa::store
