#pragma once
#include <optional>
#include <vector>

#include "core/stats.h"
#include "sql/connection.h"

/// What delivery figures are made of: the statuses that decided about deployments, by an index of
/// their times. Nothing here reads the history outside of the range.
namespace esclusa::store {

/// The environments of the repository whose newest deployment of the task is for production, and
/// for no transient environment; at most `count`. Nothing if the repository has more than
/// limits::stats_places environments.
std::optional<std::vector<core::EnvironmentName>> list_production_environments(
    sql::Reader& db, RepositoryId repository, std::string_view task, int count);

/// The time of the first outcome in the environment that is kept, of any task.
std::optional<Timestamp> find_first_outcome(sql::Reader& db, EnvironmentNameId environment);

struct OutcomeRows {
  /// Without transient deployments, and without those of other tasks.
  std::vector<core::Outcome> outcomes;
  int read_count = 0;  ///< rows of the range, also of other tasks
};
/// The outcomes of the range as core::judge wants them: from the latest release before it to the
/// next success after it. Before and after, limits::stats_around rows are read at most. Nothing if
/// the range itself has more than `count` rows.
std::optional<OutcomeRows> list_outcomes(sql::Reader& db, EnvironmentNameId environment,
                                         std::string_view task, const core::StatsSpan& range,
                                         int count);

}  // namespace esclusa::store
