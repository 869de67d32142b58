#pragma once
#include <vector>

#include "app/access.h"
#include "core/gates.h"

/// Reviewers, and which of them a viewer may see: only its members and the owners of its
/// organization see a secret team.
namespace esclusa::app {

/// Whether the viewer may see the team. An actor without an account sees no secret team, and an
/// installation does if it may read the members of the organization.
bool may_see(Reader& db, const core::Actor& viewer, const core::Team& team);

/// The environment as the viewer may see it.
core::EnvironmentDetails details_for(Reader& db, const core::Actor& viewer,
                                     core::Environment environment);

/// Removes the openers that the viewer may not see, and says in the message that some are hidden.
void hide_openers(Reader& db, const core::Actor& viewer, std::vector<core::GateVerdict>& verdicts);

/// Returns the reviewers after a change to `given`. Reviewers that the author of the change may not
/// see stay. 422 `invalid_reviewers` for an account without a role in the repository, and for a
/// team that the author may not see.
Result<std::vector<core::Reviewer>> change_reviewers(Reader& db, const RepositoryAccess& access,
                                                     const core::Environment& environment,
                                                     const std::vector<core::ReviewerId>& given);

}  // namespace esclusa::app
