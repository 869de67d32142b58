#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "core/delivery_headers.h"
#include "sql/connection.h"

/// The texts of an attempt in the smaller form in which the table `delivery_attempt` has them, and
/// back: docs/decisions/0040-smaller-rows.md. Any thread.
namespace esclusa::store {

/// As the API shows them: the headers are JSON objects.
struct AttemptTexts {
  std::string request_headers;
  std::string response_headers;
  std::string response_body;
};

/// As a row has them.
struct StoredTexts {
  int64_t codec = 0;
  AttemptTexts texts;
};

/// The smaller form, where there is one: request headers are left out only if exactly they can be
/// made again, and a response is compressed only if that makes it smaller.
StoredTexts pack_attempt(const core::AttemptFacts& facts, AttemptTexts texts);
/// A damaged row is an error in the log, and has empty texts.
AttemptTexts unpack_attempt(const core::AttemptFacts& facts, const StoredTexts& stored);

/// What `read_attempt_facts` reads, of the attempt `a`, its event `e` and its hook `h`.
constexpr std::string_view attempt_facts_columns =
    "e.guid, e.kind, e.event_no, h.id, h.repository_id, h.organization_id, h.app_id, "
    "a.attempted_at";
constexpr int attempt_facts_column_count = 8;
/// Its texts are those of the row, and as long valid.
core::AttemptFacts read_attempt_facts(const sql::Row& row, int column);

/// Writes the next attempts after that one, up to `last`, in the smaller form, at most `limit` of
/// them. `count` grows by the number of those that became smaller.
std::optional<DeliveryAttemptId> recode_attempts(sql::Writer& tx, DeliveryAttemptId after,
                                                 DeliveryAttemptId last, int64_t limit,
                                                 int64_t& count);

}  // namespace esclusa::store
