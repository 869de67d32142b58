#pragma once
#include <string_view>

#include "app/context.h"

namespace esclusa::app {

/// The principal that a token stands for. `unauthenticated`, with GitHub's `Bad credentials`, if
/// it is unknown, expired, revoked, or its account blocked.
Result<core::Principal> authenticate(const Context& context, std::string_view token);

/// A repository by its name or id, and the access to it. `not_found` for what the principal may
/// not see, as if it were absent.
struct RepositoryName {
  std::string owner;
  std::string name;
};
Result<RepositoryAccess> open_repository(const Context& context, const core::Principal& principal,
                                         const RepositoryName& name,
                                         const core::Requirement& requirement);
Result<RepositoryAccess> open_repository(const Context& context, const core::Principal& principal,
                                         RepositoryId id, const core::Requirement& requirement);

/// An organization by its login or id, or by the id of one of its teams, and the access to it, as
/// core::check_organization_access judges it. `not_found` for a team that the principal may not
/// see: before anything else, so that no other refusal tells that it is there.
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

/// The repository that had this name once, and has another one now. Nothing if there is none, and
/// for whom it may not be read: a redirect must not tell that it is there. `requirement` is the
/// route's; of it only the scopes count here.
Result<std::optional<RepositoryId>> find_renamed(const Context& context,
                                                 const core::Principal& principal,
                                                 const RepositoryName& former,
                                                 const core::Requirement& requirement);

}  // namespace esclusa::app
