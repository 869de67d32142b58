#include "store/attempt_texts.h"

#include <utility>

#include "base/crypto.h"
#include "base/log.h"
#include "store/columns.h"
#include "store/frames.h"

namespace esclusa::store {
namespace {

/// The parts of `delivery_attempt.codec`.
constexpr int64_t is_rebuilt = 1, is_compressed = 2;

/// Responses are short, so a high level costs little.
constexpr int level = 6;

/// Between headers and body: a JSON text of ours has no line feed.
constexpr char separator = '\n';

std::string compress(std::string_view text) {
  static const FrameWriter writer(FrameDictionary::responses, level, FrameWriter::Checksum::off);
  return base64(writer.compress(text));
}

core::HookTarget read_target(const sql::Row& row, int column) {
  if (!row.is_null(column)) return RepositoryId{row.integer(column)};
  if (!row.is_null(column + 1)) return AccountId{row.integer(column + 1)};
  return AppId{row.integer(column + 2)};
}

}  // namespace

StoredTexts pack_attempt(const core::AttemptFacts& facts, AttemptTexts texts) {
  StoredTexts stored{.texts = std::move(texts)};
  if (const auto form = core::form_of(facts, stored.texts.request_headers)) {
    stored.texts.request_headers = form->text();
    stored.codec |= is_rebuilt;
  }
  std::string& headers = stored.texts.response_headers;
  std::string& body = stored.texts.response_body;
  std::string frame = compress(headers + separator + body);
  if (frame.size() < headers.size() + body.size()) {
    headers = std::move(frame);
    body.clear();
    stored.codec |= is_compressed;
  }
  return stored;
}

AttemptTexts unpack_attempt(const core::AttemptFacts& facts, const StoredTexts& stored) {
  AttemptTexts texts = stored.texts;
  const auto damaged = [&] {
    log::error("the texts of an attempt are damaged", {{"guid", facts.guid}});
  };
  if ((stored.codec & is_rebuilt) != 0) {
    const auto form = core::AttemptForm::parse(texts.request_headers);
    if (!form) damaged();
    texts.request_headers = form ? core::shown_request_headers(facts, *form) : "{}";
  }
  if ((stored.codec & is_compressed) != 0) {
    const auto frames = base64_decode(texts.response_headers);
    const auto text =
        frames ? decompress_frames(FrameDictionary::responses, *frames) : std::nullopt;
    const size_t at = text ? text->find(separator) : std::string::npos;
    if (at == std::string::npos) {
      damaged();
      texts.response_headers = "{}";
    } else {
      texts.response_headers = text->substr(0, at);
      texts.response_body = text->substr(at + 1);
    }
  }
  return texts;
}

core::AttemptFacts read_attempt_facts(const sql::Row& row, int column) {
  return {.guid = row.text(column),
          .kind = row.text(column + 1),
          .event_no = row.integer(column + 2),
          .hook = {row.integer(column + 3)},
          .target = read_target(row, column + 4),
          .at = from_micros(row.integer(column + 7))};
}

std::optional<DeliveryAttemptId> recode_attempts(sql::Writer& tx, DeliveryAttemptId after,
                                                 DeliveryAttemptId last, int64_t limit,
                                                 int64_t& count) {
  struct Attempt {
    DeliveryAttemptId id;
    StoredTexts smaller;
  };
  static const std::string sql =
      "select a.id, a.codec, a.request_headers, a.response_headers, a.response_body, " +
      std::string(attempt_facts_columns) +
      " from delivery_attempt a join delivery d on d.id = a.delivery_id "
      "join event e on e.id = d.event_id join hook h on h.id = d.hook_id "
      "where a.id > $1 and a.id <= $2 order by a.id limit $3";
  const auto attempts = tx.all(sql, {after.value, last.value, limit}, [](const sql::Row& row) {
    Attempt attempt{.id = {row.integer(0)}, .smaller = {}};
    if (row.integer(1) != 0) return attempt;
    attempt.smaller = pack_attempt(
        read_attempt_facts(row, 5),
        {std::string(row.text(2)), std::string(row.text(3)), std::string(row.text(4))});
    return attempt;
  });
  for (const auto& [id, smaller] : attempts) {
    if (smaller.codec == 0) continue;
    tx.execute(
        "update delivery_attempt set codec = $2, request_headers = $3, response_headers = $4, "
        "response_body = $5 where id = $1",
        {id.value, smaller.codec, smaller.texts.request_headers, smaller.texts.response_headers,
         smaller.texts.response_body});
    ++count;
  }
  if (attempts.empty()) return std::nullopt;
  return attempts.back().id;
}

}  // namespace esclusa::store
