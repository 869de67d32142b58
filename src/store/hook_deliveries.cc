#include "store/hook_deliveries.h"

#include "store/attempt_texts.h"
#include "store/columns.h"
#include "store/event_bodies.h"

namespace esclusa::store {
namespace {

constexpr std::string_view columns =
    "a.id, a.delivery_id, e.guid, a.attempted_at, a.redelivery, a.duration, a.status, "
    "a.status_code, e.kind, e.action, e.repository_id, d.installation_id";
constexpr int column_count = 12;
constexpr std::string_view tables =
    " from delivery_attempt a join delivery d on d.id = a.delivery_id "
    "join event e on e.id = d.event_id ";

core::HookDelivery read_hook_delivery(const sql::Row& row) {
  core::HookDelivery delivery;
  delivery.id = {row.integer(0)};
  delivery.delivery_id = {row.integer(1)};
  delivery.guid = row.text(2);
  delivery.delivered_at = from_micros(row.integer(3));
  delivery.redelivery = row.boolean(4);
  delivery.duration = std::chrono::microseconds(row.integer(5));
  delivery.status = row.text(6);
  delivery.status_code = static_cast<int>(row.integer(7));
  delivery.event = row.text(8);
  delivery.action = row.text(9);
  delivery.repository_id = read_optional_id<RepositoryId>(row, 10);
  delivery.installation_id = read_optional_id<InstallationId>(row, 11);
  return delivery;
}

/// The condition for failures must equal that of the index delivery_attempt_failed.
std::string_view status_condition(std::optional<bool> successful) {
  if (!successful) return "";
  return *successful ? " and a.status_code between 1 and 399" : " and a.status_code >= 400";
}

/// The first id of the page before `from`: up to one page of newer attempts.
std::optional<DeliveryAttemptId> previous_part(sql::Reader& db, HookId hook, DeliveryAttemptId from,
                                               const core::HookDeliveryQuery& query) {
  std::optional<DeliveryAttemptId> begin;
  db.each("select a.id from delivery_attempt a where a.hook_id = $1 and a.id > $2" +
              std::string(status_condition(query.successful)) + " order by a.id limit $3",
          {hook.value, from.value, query.size},
          [&](const sql::Row& row) { begin = DeliveryAttemptId{row.integer(0)}; });
  return begin;
}

}  // namespace

core::HookDeliveryPage list_hook_deliveries(sql::Reader& db, HookId hook,
                                            const core::HookDeliveryQuery& query) {
  constexpr int64_t newest = int64_t{1} << 53;
  core::HookDeliveryPage page;
  page.items = db.all(
      "select " + std::string(columns) + std::string(tables) +
          "where a.hook_id = $1 and a.id <= $2" + std::string(status_condition(query.successful)) +
          " order by a.id desc limit $3",
      {hook.value, query.from ? query.from->value : newest, query.size + 1}, read_hook_delivery);
  if (page.items.size() > static_cast<size_t>(query.size)) {
    page.next = page.items.back().id;
    page.items.pop_back();
  }
  if (query.from) page.previous = previous_part(db, hook, *query.from, query);
  return page;
}

std::optional<core::HookDeliveryRecord> find_hook_delivery(sql::Reader& db, HookId hook,
                                                           DeliveryAttemptId id) {
  return db.one("select " + std::string(columns) +
                    ", a.url, a.codec, a.request_headers, a.response_headers, a.response_body, " +
                    std::string(attempt_facts_columns) + ", " + std::string(event_body_columns) +
                    std::string(tables) +
                    "join hook h on h.id = d.hook_id left join event_body b on b.event_id = e.id "
                    "where a.id = $1 and a.hook_id = $2",
                {id.value, hook.value}, [](const sql::Row& row) {
                  constexpr int codec = column_count + 1, facts = codec + 4;
                  AttemptTexts texts = unpack_attempt(
                      read_attempt_facts(row, facts),
                      {.codec = row.integer(codec),
                       .texts = {std::string(row.text(codec + 1)), std::string(row.text(codec + 2)),
                                 std::string(row.text(codec + 3))}});
                  return core::HookDeliveryRecord{
                      .delivery = read_hook_delivery(row),
                      .url = std::string(row.text(column_count)),
                      .request_headers = std::move(texts.request_headers),
                      .request_payload = read_event_body(row, facts + attempt_facts_column_count),
                      .response_headers = std::move(texts.response_headers),
                      .response_payload = std::move(texts.response_body)};
                });
}

void insert_redelivery(sql::Writer& tx, DeliveryId delivery, Timestamp now) {
  tx.execute("insert into redelivery (delivery_id, created_at) values ($1, $2)",
             {delivery.value, to_micros(now)});
}

}  // namespace esclusa::store
