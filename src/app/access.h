#pragma once
#include <string_view>

#include "app/context.h"

namespace esclusa::app {

/// Finds the principal of a token. `unauthenticated`, with GitHub's `Bad credentials`, if the token
/// is malformed, unknown, expired or revoked, or if its account is blocked.
Result<core::Principal> authenticate(const Context& context, std::string_view token);

/// Opens a repository, named by name or id, and judges the principal's access. A repository that
/// the principal may not see is `not_found`, as if it did not exist.
struct RepositoryName {
  std::string owner;
  std::string name;
};
Result<RepositoryAccess> open_repository(const Context& context, const core::Principal& principal,
                                         const RepositoryName& name,
                                         const core::Requirement& requirement);
Result<RepositoryAccess> open_repository(const Context& context, const core::Principal& principal,
                                         RepositoryId id, const core::Requirement& requirement);

/// Opens an organization, named by its login, its id or the id of one of its teams, and judges the
/// access by core::check_organization_access. A team that the principal may not see is `not_found`
/// before any other check, so that no other error reveals the team.
Result<OrganizationAccess> open_organization(const Context& context,
                                             const core::Principal& principal,
                                             const std::string& login,
                                             const core::Requirement& requirement);
Result<OrganizationAccess> open_organization(const Context& context,
                                             const core::Principal& principal, AccountId id,
                                             const core::Requirement& requirement);
Result<OrganizationAccess> open_organization(const Context& context,
                                             const core::Principal& principal, TeamId team,
                                             const core::Requirement& requirement);

/// Finds the repository that once had this name and has another name now. nullopt if there is none,
/// or if the principal may not read it: a redirect must not reveal that it exists. `requirement` is
/// the route's; only its scopes count here.
Result<std::optional<RepositoryId>> find_renamed(const Context& context,
                                                 const core::Principal& principal,
                                                 const RepositoryName& former,
                                                 const core::Requirement& requirement);

}  // namespace esclusa::app
