#pragma once
#include <vector>

#include "app/context.h"
#include "core/gates.h"

/// Who is named as a reviewer, and what of it a viewer may know: a secret team is known to its
/// members and to the owners of its organization.
namespace esclusa::app {

/// Whether the viewer may know of the team. A principal without an account sees no secret one.
bool may_see(store::Connection& db, const core::Principal& viewer, const core::Team& team);

/// The environment as the viewer may see it.
core::EnvironmentDetails details_for(store::Connection& db, const core::Principal& viewer,
                                     core::Environment environment);

/// Takes out of the openers what the viewer may not see, and says in the message that some are not
/// shown.
void hide_openers(store::Connection& db, const core::Principal& viewer,
                  std::vector<core::GateVerdict>& verdicts);

/// The reviewers after a change that names `given`. Reviewers that its author does not see stay.
/// 422 `invalid_reviewers` for somebody without a role in the repository, and for a team that the
/// author may not see.
Result<std::vector<core::Reviewer>> change_reviewers(store::Connection& db,
                                                     const RepositoryAccess& access,
                                                     const core::Environment& environment,
                                                     const std::vector<core::ReviewerId>& given);

}  // namespace esclusa::app
