#pragma once
#include <vector>

#include "app/access.h"
#include "core/stats.h"

namespace esclusa::app {

/// Delivery figures of one environment, or of all that are for production, by name. Reads the rows
/// in one snapshot, then asks git which commits the releases brought.
///
/// `not_found` (`environment_not_found`) for an unknown environment; `invalid`: `invalid_range`,
/// `too_many_periods`, `too_many_environments`, `too_many_deployments`.
Result<std::vector<core::EnvironmentStats>> get_stats(const Context& context,
                                                      const RepositoryAccess& access,
                                                      const core::StatsQuery& query);

}  // namespace esclusa::app
