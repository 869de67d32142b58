#pragma once
#include "core/page.h"
#include "core/repository_list.h"
#include "core/team.h"
#include "sql/connection.h"

namespace esclusa::store {

/// The repositories that the filter selects and the viewer may read.
core::Listing<core::ListedRepository> list_repositories(sql::Reader& db,
                                                        const core::RepositoryViewer& viewer,
                                                        const core::RepositoryFilter& filter,
                                                        const core::Page& page);

/// The team's repositories that the viewer may read, by name.
core::Listing<core::TeamRepository> list_team_repositories(sql::Reader& db, TeamId team,
                                                           const core::RepositoryViewer& viewer,
                                                           const core::Page& page);

}  // namespace esclusa::store
