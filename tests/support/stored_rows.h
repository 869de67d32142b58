#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/deployment.h"
#include "core/event.h"
#include "core/event_delivery.h"
#include "sql/connection.h"
#include "store/columns.h"
#include "store/event_bodies.h"

/// What is in the database, for tests that look at what the program itself never reads: all rows of
/// a table, the oldest first. Tests choose among them.
namespace esclusa::test {

struct StoredAudit {
  std::string action;
  std::optional<AccountId> actor;
  std::optional<TokenId> actor_token;
  std::optional<DeployKeyId> deploy_key;
  std::optional<RepositoryId> repository;
  std::optional<int64_t> target;
  std::string request_id;
  std::string detail;
  std::optional<AgentTokenId> agent_token;
};

/// The audit rows whose action begins with `action`: `hook.test`, or `hook.` for all of hooks.
inline std::vector<StoredAudit> list_audits(sql::Reader& db, const std::string& action = "") {
  return db.all(
      "select action, actor_id, actor_token_id, deploy_key_id, repository_id, target_id, "
      "request_id, "
      "detail, agent_token_id from audit where action like $1 order by id",
      {action + "%"}, [](const sql::Row& row) {
        return StoredAudit{std::string(row.text(0)),
                           store::read_optional_id<AccountId>(row, 1),
                           store::read_optional_id<TokenId>(row, 2),
                           store::read_optional_id<DeployKeyId>(row, 3),
                           store::read_optional_id<RepositoryId>(row, 4),
                           row.optional_integer(5),
                           std::string(row.text(6)),
                           std::string(row.text(7)),
                           store::read_optional_id<AgentTokenId>(row, 8)};
      });
}

struct StoredEvent {
  core::Event event;  ///< without its environment
  std::optional<AccountId> actor;
  std::optional<TokenId> actor_token;
  std::string body;  ///< empty: it has none
};

/// The events of that kind; of all kinds if it is empty.
inline std::vector<StoredEvent> list_events(sql::Reader& db, const std::string& kind = "") {
  return db.all(
      "select e.id, e.guid, e.repository_id, e.deployment_id, e.kind, e.action, e.event_no, "
      "e.only_hook_id, e.announced, e.created_at, e.actor_id, e.actor_token_id, " +
          std::string(store::event_body_columns) +
          " from event e left join event_body b on b.event_id = e.id "
          "where e.kind like $1 order by e.id",
      {kind.empty() ? "%" : kind}, [](const sql::Row& row) {
        core::Event event;
        event.id = {row.integer(0)};
        event.guid = row.text(1);
        event.repository_id = store::read_optional_id<RepositoryId>(row, 2);
        event.deployment_id = store::read_optional_id<DeploymentId>(row, 3);
        event.kind = row.text(4);
        event.action = row.text(5);
        event.event_no = row.integer(6);
        event.only_hook = store::read_optional_id<HookId>(row, 7);
        event.announced = row.boolean(8);
        event.created_at = from_micros(row.integer(9));
        return StoredEvent{event, store::read_optional_id<AccountId>(row, 10),
                           store::read_optional_id<TokenId>(row, 11),
                           store::read_event_body(row, 12).value_or("")};
      });
}

struct StoredDelivery {
  DeliveryId id;
  HookId hook;
  std::string event;  ///< its kind
  std::optional<DeploymentId> deployment;
  core::DeliveryState state;
  int64_t attempt_count;
  int64_t order_environment;  ///< 0: in no order
  Timestamp next_attempt_at;
  Timestamp created_at;
};

inline std::vector<StoredDelivery> list_deliveries(sql::Reader& db) {
  return db.all(
      "select d.id, d.hook_id, e.kind, e.deployment_id, d.state, d.attempt_count, "
      "d.order_environment_id, d.next_attempt_at, d.created_at "
      "from delivery d join event e on e.id = d.event_id order by d.id",
      {}, [](const sql::Row& row) {
        return StoredDelivery{{row.integer(0)},
                              {row.integer(1)},
                              std::string(row.text(2)),
                              store::read_optional_id<DeploymentId>(row, 3),
                              store::read_enum<core::DeliveryState>(row, 4),
                              row.integer(5),
                              row.integer(6),
                              from_micros(row.integer(7)),
                              from_micros(row.integer(8))};
      });
}

struct StoredAttempt {
  DeliveryAttemptId id;
  DeliveryId delivery;
  HookId hook;
  std::string event;  ///< its kind
  bool redelivery;
  std::string url;
  int64_t status_code;
  std::string status;
  std::string response_body;
};

inline std::vector<StoredAttempt> list_attempts(sql::Reader& db) {
  return db.all(
      "select a.delivery_id, a.hook_id, e.kind, a.redelivery, a.url, a.status_code, a.status, "
      "a.response_body, a.id from delivery_attempt a join delivery d on d.id = a.delivery_id "
      "join event e on e.id = d.event_id order by a.id",
      {}, [](const sql::Row& row) {
        return StoredAttempt{
            {row.integer(8)},         {row.integer(0)},         {row.integer(1)},
            std::string(row.text(2)), row.boolean(3),           std::string(row.text(4)),
            row.integer(5),           std::string(row.text(6)), std::string(row.text(7))};
      });
}

struct StoredStatus {
  core::DeploymentState state;
  std::string description;
};

inline std::vector<StoredStatus> list_all_statuses(sql::Reader& db) {
  return db.all("select state, description from deployment_status order by id", {},
                [](const sql::Row& row) {
                  return StoredStatus{store::read_enum<core::DeploymentState>(row, 0),
                                      row.optional_text(1).value_or("")};
                });
}

struct StoredGate {
  DeploymentId deployment;
  std::string kind;
  std::string state;
};

/// By the deployment, then by the kind.
inline std::vector<StoredGate> list_all_gates(sql::Reader& db) {
  return db.all(
      "select deployment_id, kind, state from deployment_gate order by deployment_id, kind", {},
      [](const sql::Row& row) {
        return StoredGate{{row.integer(0)}, std::string(row.text(1)), std::string(row.text(2))};
      });
}

struct StoredIntent {
  RefIntentId id;
  std::string outcome;
  std::string request_id;
};

inline std::vector<StoredIntent> list_all_intents(sql::Reader& db) {
  return db.all(
      "select id, outcome, request_id from ref_intent order by id", {}, [](const sql::Row& row) {
        return StoredIntent{{row.integer(0)}, std::string(row.text(1)), std::string(row.text(2))};
      });
}

struct StoredDeployment {
  RepositoryId repository;
  std::string phase;
};

inline std::vector<StoredDeployment> list_all_deployments(sql::Reader& db) {
  return db.all("select repository_id, phase from deployment order by id", {},
                [](const sql::Row& row) {
                  return StoredDeployment{{row.integer(0)}, std::string(row.text(1))};
                });
}

inline std::vector<RedeliveryId> list_redelivery_ids(sql::Reader& db) {
  return db.all("select id from redelivery order by id", {},
                [](const sql::Row& row) { return RedeliveryId{row.integer(0)}; });
}

struct SealedSecrets {
  std::string current;
  std::optional<std::string> former;
};

/// The secrets of all hooks, as they are stored.
inline std::vector<SealedSecrets> list_sealed_secrets(sql::Reader& db) {
  return db.all("select secret_sealed, former_secret_sealed from hook order by id", {},
                [](const sql::Row& row) {
                  return SealedSecrets{std::string(row.text(0)), row.optional_text(1)};
                });
}

/// The digests of all tokens, as they are stored.
inline std::vector<std::string> list_token_digests(sql::Reader& db) {
  return db.all("select digest from token order by id", {},
                [](const sql::Row& row) { return std::string(row.text(0)); });
}

// What the program itself never does.

/// As in a store that nobody was added to yet.
inline void delete_accounts(sql::Writer& tx) { tx.execute("delete from account"); }

/// Holds all deliveries until then.
inline void hold_all_deliveries(sql::Writer& tx, Timestamp next) {
  tx.execute("update delivery set state = 'held', next_attempt_at = $1", {to_micros(next)});
}

inline void set_expiry(sql::Writer& tx, DeployKeyId key, std::optional<Timestamp> at) {
  tx.execute("update deploy_key set expires_at = $2 where id = $1",
             {key.value, at ? std::optional(to_micros(*at)) : std::nullopt});
}

/// How many rows a table has.
inline int64_t count_rows(sql::Reader& db, const std::string& table) {
  return db.number("select count(*) from " + table);
}

/// The rows whose field has that value.
template <class Row, class Field>
std::vector<Row> with(std::vector<Row> rows, Field Row::* field, const Field& value) {
  std::erase_if(rows, [&](const Row& row) { return row.*field != value; });
  return rows;
}

/// A text of each row, one line each.
template <class Row>
std::string lines_of(const std::vector<Row>& rows, std::string Row::* text) {
  std::string lines;
  for (const Row& row : rows) lines += row.*text + "\n";
  return lines;
}

}  // namespace esclusa::test
