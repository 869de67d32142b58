#include "wire/stats.h"

#include "wire/list.h"

namespace esclusa::wire {
namespace {

/// A number with three decimals, rounded.
std::string thousandths(int64_t numerator, int64_t denominator) {
  const auto rounded =
      static_cast<int64_t>((__int128{numerator} * 1000 + denominator / 2) / denominator);
  std::string decimals = std::to_string(rounded % 1000);
  decimals.insert(0, 3 - decimals.size(), '0');
  return std::to_string(rounded / 1000) + "." + decimals;
}

void write_quantiles(JsonWriter& json, const std::vector<std::chrono::seconds>& values) {
  const auto found = core::quantiles(values);
  const auto count = [](const std::optional<std::chrono::seconds>& value) {
    return value ? std::optional(int64_t{value->count()}) : std::nullopt;
  };
  json.member("median_seconds", count(found.median)).member("p90_seconds", count(found.p90));
}

void write_counts(JsonWriter& json, const core::StatsRow& row) {
  const core::StatsCounts& counts = row.counts;
  json.key("deployments").begin_object().member("count", counts.releases);
  constexpr int64_t day = std::chrono::microseconds(std::chrono::days(1)).count();
  json.key("per_day").raw(thousandths(counts.releases * day, row.known_time.count()));
  json.member("rollback_count", counts.rollbacks).end_object();

  json.key("lead_time")
      .begin_object()
      .member("commit_count", static_cast<int64_t>(counts.lead_times.size()));
  write_quantiles(json, counts.lead_times);
  json.member("unmeasured_count", counts.unmeasured).end_object();

  json.key("change_failures")
      .begin_object()
      .member("failed_count", counts.failed)
      .member("deployment_count", counts.decided)
      .key("share");
  if (counts.decided == 0) {
    json.value(nullptr);
  } else {
    json.raw(thousandths(counts.failed, counts.decided));
  }
  json.end_object();

  json.key("time_to_restore")
      .begin_object()
      .member("restored_count", static_cast<int64_t>(counts.restore_times.size()));
  write_quantiles(json, counts.restore_times);
  json.member("unrestored_count", counts.unrestored).end_object();
}

void write_row(JsonWriter& json, const core::StatsRow& row) {
  json.begin_object().member("since", row.span.since).member("until", row.span.until);
  if (row.is_known) {
    write_counts(json, row);
  } else {
    for (const char* name : {"deployments", "lead_time", "change_failures", "time_to_restore"}) {
      json.member(name, nullptr);
    }
  }
  json.end_object();
}

}  // namespace

void write_stats(JsonWriter& json, const core::Repository& repository,
                 const core::StatsQuery& query,
                 const std::vector<core::EnvironmentStats>& environments) {
  json.begin_object()
      .member("repository", repository.full_name())
      .member("task", query.task)
      .member("by", core::to_name(query.unit))
      .member("since", query.range.since)
      .member("until", query.range.until)
      .key("environments");
  write_list(json, environments, [](JsonWriter& to, const core::EnvironmentStats& stats) {
    to.begin_object().member("environment", stats.environment.name).key("total");
    write_row(to, stats.total);
    to.key("periods");
    write_list(to, stats.rows, write_row);
    to.end_object();
  });
  json.end_object();
}

}  // namespace esclusa::wire
