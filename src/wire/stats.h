#pragma once
#include "base/json_writer.h"
#include "core/repository.h"
#include "core/stats.h"

/// Delivery figures. GitHub has no such answer.
namespace esclusa::wire {

/// `{"repository", "task", "by", "since", "until", "environments": [{"environment", "total",
/// "periods": […]}]}`. The total and each period: `{"since", "until", "deployments":
/// {"count", "per_day", "rollback_count"}, "lead_time": {"commit_count", "median_seconds",
/// "p90_seconds", "unmeasured_count"}, "change_failures": {"failed_count", "deployment_count",
/// "share"}, "time_to_restore": {"restored_count", "median_seconds", "p90_seconds",
/// "unrestored_count"}}`. Where nothing is known the four are null; a share or a quantile of
/// nothing is null.
void write_stats(JsonWriter& json, const core::Repository& repository,
                 const core::StatsQuery& query,
                 const std::vector<core::EnvironmentStats>& environments);

}  // namespace esclusa::wire
