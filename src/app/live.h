#pragma once
#include <optional>
#include <vector>

#include "app/access.h"
#include "core/live.h"

namespace esclusa::app {

/// A row with its repository.
struct ShownLive {
  core::Repository repository;
  core::Live live;
};

struct LivePage {
  std::vector<ShownLive> rows;
  std::optional<core::LivePosition> next;  ///< to go on after; nothing at the end
};

/// What is live in the environments of one repository, after that position, at most `count` rows.
/// One call examines at most limits::live_scanned rows: a page may be empty although more follow.
LivePage list_live(Reader& db, const RepositoryAccess& access, const core::LiveFilter& filter,
                   const core::LivePosition& after, int count);
/// The same for all repositories whose deployments the actor may see.
LivePage list_all_live(Reader& db, const core::Actor& actor, const core::LiveFilter& filter,
                       const core::LivePosition& after, int count);

/// Makes all rows again, from the deployments, in many small transactions. How many were wrong.
Result<int64_t> repair_live(const Context& context, const core::Actor& actor);

}  // namespace esclusa::app
