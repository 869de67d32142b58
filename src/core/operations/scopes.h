#pragma once
#include "core/scope.h"

/// The sets of scopes that more than one operation names.
namespace esclusa::core::operations {

inline const Scopes code_scopes{Scope::repo, Scope::public_repo};
inline const Scopes deployment_scopes{Scope::repo, Scope::repo_deployment, Scope::public_repo};
inline const Scopes status_scopes{Scope::repo, Scope::repo_status, Scope::public_repo};
inline const Scopes hook_read_scopes{Scope::repo, Scope::public_repo, Scope::read_repo_hook};
inline const Scopes hook_write_scopes{Scope::repo, Scope::public_repo, Scope::write_repo_hook};
inline const Scopes hook_admin_scopes{Scope::repo, Scope::public_repo, Scope::admin_repo_hook};
inline const Scopes organization_hook_scopes{Scope::admin_org_hook};
inline const Scopes organization_read_scopes{Scope::read_org};
inline const Scopes organization_write_scopes{Scope::write_org};
inline const Scopes organization_admin_scopes{Scope::admin_org};
inline const Scopes team_repository_scopes{Scope::read_org, Scope::repo};
inline const Scopes invitation_scopes{Scope::repo, Scope::public_repo, Scope::repo_invite};
inline const Scopes feed_scopes{Scope::repo, Scope::repo_deployment, Scope::repo_status,
                                Scope::public_repo};
inline const Scopes own_organization_scopes{Scope::user, Scope::read_org};

}  // namespace esclusa::core::operations
