#pragma once
#include <string>

#include "app/context.h"
#include "core/collaborator.h"
#include "core/page.h"

/// Who has a role in a repository. The caller has judged the access. These are the roles that
/// `esclusa repo grant` gives.
namespace esclusa::app {

/// By login, each with the highest of what was granted: in person, by a team, as an owner.
Result<core::Listing<core::Collaborator>> list_collaborators(const Context& context,
                                                             const RepositoryAccess& access,
                                                             const core::CollaboratorFilter& filter,
                                                             const core::Page& page);
/// `not_found` if nothing was granted to the account: what everybody may read makes nobody a
/// collaborator.
Result<core::Collaborator> get_collaborator(const Context& context, const RepositoryAccess& access,
                                            const std::string& login);
/// The role that counts, whatever it comes from: of any account, `Role::none` too.
Result<core::Collaborator> get_effective_role(const Context& context,
                                              const RepositoryAccess& access,
                                              const std::string& login);
/// Grants the role in person. `invalid` for an organization, and for the owner of the repository.
Result<void> add_collaborator(const Context& context, const RepositoryAccess& access,
                              const std::string& login, core::Role role);
/// Takes away what was granted in person; `not_found` if that is nothing.
Result<void> remove_collaborator(const Context& context, const RepositoryAccess& access,
                                 const std::string& login);

/// Grants the role, or takes the grant away with `Role::none`, and says so in the audit log.
void grant(store::Connection& tx, const core::Principal& principal,
           const core::Repository& repository, const core::Account& account, core::Role role,
           Timestamp now);

}  // namespace esclusa::app
