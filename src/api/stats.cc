#include "app/stats.h"

#include <algorithm>

#include "api/filters.h"
#include "api/route_tables.h"
#include "app/retention.h"
#include "core/operations/deployments.h"
#include "wire/stats.h"

namespace esclusa::api {
namespace {

/// The time is whole seconds, so that the answer says exactly what was asked for.
Timestamp in_seconds(Timestamp time) { return std::chrono::floor<std::chrono::seconds>(time); }

Result<core::StatsQuery> parse_query(const Call& call) {
  core::StatsQuery query;
  query.environment = call.query_value("environment");
  if (auto task = call.query_value("task"); !task.empty()) query.task = std::move(task);
  query.unit = TRY(enum_filter<core::StatsUnit>(call, "by")).value_or(core::StatsUnit::week);
  const Timestamp now = call.context.now();
  const Timestamp until = in_seconds(std::min(TRY(time_filter(call, "until")).value_or(now), now));
  const auto since = TRY(time_filter(call, "since"));
  query.range = {since ? in_seconds(*since) : core::default_stats_since(until, query.unit), until};
  if (call.settings.retention != nullptr) {
    const auto age = call.settings.retention->age_of(core::RetentionKey::deployments);
    if (age) query.kept_since = now - *age;
  }
  return query;
}

Result<http::Response> get_stats(const Call& call) {
  const auto query = TRY(parse_query(call));
  const auto stats = TRY(app::get_stats(call.context, call.access(), query));
  JsonWriter json;
  wire::write_stats(json, call.repository(), query, stats);
  return json_response(200, std::move(json));
}

const Route table[] = {
    {"GET", ESCLUSA REPOSITORY "/stats", &operations::get_stats, reads_deployments, Lane::history,
     "", get_stats},
};

}  // namespace

std::span<const Route> stats_routes() { return table; }

}  // namespace esclusa::api
