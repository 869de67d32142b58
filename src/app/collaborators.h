#pragma once
#include <string>

#include "app/access.h"
#include "app/change.h"
#include "core/collaborator.h"
#include "core/page.h"

/// Accounts with a role in a repository. The caller has judged the access. `esclusa repo grant`
/// gives the same roles.
namespace esclusa::app {

/// Lists collaborators by login, each with the highest role granted directly, by a team, or as an
/// owner.
Result<core::Listing<core::Collaborator>> list_collaborators(Reader& db,
                                                             const RepositoryAccess& access,
                                                             const core::CollaboratorFilter& filter,
                                                             const core::Page& page);
/// `not_found` if nothing was granted to the account: public read access makes nobody a
/// collaborator.
Result<core::Collaborator> get_collaborator(Reader& db, const RepositoryAccess& access,
                                            const std::string& login);
/// The effective role of any account, whatever gives it; `Role::none` is possible.
Result<core::Collaborator> get_effective_role(Reader& db, const RepositoryAccess& access,
                                              const std::string& login);
/// Grants the role directly. `invalid` for an organization and for the owner of the repository.
Result<void> add_collaborator(const Context& context, const RepositoryAccess& access,
                              const std::string& login, core::Role role);
/// Removes a role that was granted directly; `not_found` if there is none.
Result<void> remove_collaborator(const Context& context, const RepositoryAccess& access,
                                 const std::string& login);

/// A step of a change: grants the role, or removes the grant with `Role::none`, and writes an audit
/// row.
void grant(Change& change, const core::Repository& repository, const core::Account& account,
           core::Role role);

}  // namespace esclusa::app
