#include "app/retention.h"

#include "api/route_tables.h"
#include "core/operations/server.h"

/// The handlers of `esclusa prune`, reached through the administrator's unix socket.
namespace esclusa::api {
namespace {

/// How many rows of a key are looked at, unless the request says otherwise; and at most.
constexpr int64_t usual_bound = 10'000, largest_bound = 1'000'000;

Result<app::Retention*> retention_of(const Call& call) {
  if (call.settings.retention != nullptr) return call.settings.retention;
  return fail(ErrorCode::unavailable, "This server prunes nothing.", "no_retention");
}

void write_key(JsonWriter& json, const app::RetentionKeyReport& line) {
  json.begin_object()
      .member("key", core::to_name(line.key))
      .member("age", core::format_retention_age(line.age))
      .member("pruned_rows", line.pruned_rows)
      .member("due_rows", line.due.rows)
      .member("due_rows_more", line.due.is_more)
      .member("oldest_due_at", line.due.oldest)
      .end_object();
}

Result<http::Response> admin_get_retention(const Call& call) {
  app::Retention& retention = *TRY(retention_of(call));
  const int64_t bound = call.query_number("count").value_or(usual_bound);
  const auto report = TRY(retention.report(call.context, std::min(bound, largest_bound)));
  JsonWriter json;
  json.begin_object()
      .member("state", report.is_running ? "running" : "idle")
      .member("pruning", report.at ? std::optional(core::to_name(*report.at)) : std::nullopt)
      .member("round", report.round)
      .member("rounds_ended", report.rounds)
      .member("round_rows", report.round_rows)
      .member("round_began_at", report.began_at)
      .member("round_ended_at", report.ended_at)
      .member("clock_held_back_seconds", int64_t{report.held_back / std::chrono::seconds(1)})
      .key("keys")
      .begin_array();
  for (const auto& line : report.keys) write_key(json, line);
  json.end_array().end_object();
  return json_response(200, std::move(json));
}

Result<http::Response> admin_prune(const Call& call) {
  app::Retention& retention = *TRY(retention_of(call));
  const int64_t round = TRY(retention.ask_for_round(call.context, call.actor));
  JsonWriter json;
  json.begin_object().member("round", round).end_object();
  return json_response(202, std::move(json));
}

#define ADMIN "/esclusa/admin"

// clang-format off
const Route table[] = {
    {"GET", ADMIN "/retention", &operations::admin_get_retention, "", Lane::commit, "",
     admin_get_retention},
    {"POST", ADMIN "/retention/rounds", &operations::admin_prune, "", Lane::commit, "",
     admin_prune},
};
// clang-format on

}  // namespace

std::span<const Route> retention_routes() { return table; }

}  // namespace esclusa::api
