#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/agent_seen.h"
#include "store/database.h"

/// What the rows say about the present, for the figures of the server. Each of these reads what is
/// live and not what was: at most `figure_limit` rows of a kind.
namespace esclusa::store {

/// A figure that would be larger stops here.
inline constexpr int figure_limit = 10'000;

/// The kind of a deployment's environment, as the deployment said it.
enum class EnvironmentKind { production, transient, other };
inline constexpr std::array<const char*, 3> environment_kind_names = {"production", "transient",
                                                                      "other"};
/// Deployments or statuses by their state and the kind of the environment.
using StateCounts = std::map<std::pair<std::string, EnvironmentKind>, int64_t>;
/// The state of a deployment that has no status yet.
inline constexpr const char* no_state = "none";

/// How many rows there are of something, and since when the oldest one is there.
struct Waiting {
  int64_t count = 0;
  std::optional<Timestamp> oldest = {};
};

struct LiveFigures {
  Waiting pending_deliveries, held_deliveries;
  StateCounts unfinished;                 ///< none, queued, pending, in_progress; waiting: held
  std::map<std::string, Waiting> gates;   ///< shut ones of held deployments, by their kind
  std::map<std::string, int64_t> claims;  ///< live ones, by their state
  std::vector<core::ListedAgent> agents;  ///< whose tokens work, the newest first
  int64_t failing_hooks = 0;              ///< whose breaker is open
};
LiveFigures read_live_figures(Reader& db, Timestamp now);

/// Where a count of what is added has come to.
struct Counted {
  int64_t deployment = 0;  ///< the id of the last one
  int64_t status = 0;
};
/// The end of what is there now.
Counted latest_counted(Reader& db);

struct Added {
  std::map<EnvironmentKind, int64_t> deployments;
  StateCounts statuses;
  bool has_more = false;
};
/// What was added behind `counted`, which is moved. At most some `figure_limit` rows.
Added count_added(Reader& db, Counted& counted);

}  // namespace esclusa::store
