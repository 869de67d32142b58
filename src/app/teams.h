#pragma once
#include <optional>
#include <string>

#include "app/context.h"
#include "core/page.h"
#include "core/team.h"

/// The teams of organizations. The caller has judged the access; a team that the principal may not
/// see (a secret one of others) is `not_found`. Those who change something are owners.
namespace esclusa::app {

/// A team, and what else its own page tells.
struct TeamDetails {
  core::Team team;
  int64_t member_count = 0;
  int64_t repository_count = 0;
  core::Profile organization;
};

/// Those that the principal may see, by slug.
Result<core::Listing<core::Team>> list_teams(const Context& context,
                                             const OrganizationAccess& access,
                                             const core::Page& page);
/// Its creator, if a member of the organization, becomes its first maintainer.
Result<TeamDetails> create_team(const Context& context, const OrganizationAccess& access,
                                const core::NewTeam& input);
Result<TeamDetails> get_team(const Context& context, const OrganizationAccess& access,
                             const core::TeamAddress& address);
/// The team as it is then, and whether that is another one than before. A new name is a new slug.
struct UpdatedTeam {
  TeamDetails details;
  bool has_changed = false;
};
Result<UpdatedTeam> update_team(const Context& context, const OrganizationAccess& access,
                                const core::TeamAddress& address, const core::TeamChanges& changes);
/// `invalid` while an environment's rule asks for its review.
Result<void> delete_team(const Context& context, const OrganizationAccess& access,
                         const core::TeamAddress& address);

/// By login; those of that role, or all.
Result<core::Listing<core::TeamMember>> list_team_members(const Context& context,
                                                          const OrganizationAccess& access,
                                                          const core::TeamAddress& address,
                                                          std::optional<core::TeamRole> role,
                                                          const core::Page& page);
/// An account in a team of the organization.
struct TeamMembership {
  core::Team team;
  core::TeamMember member;
};
Result<TeamMembership> get_team_membership(const Context& context, const OrganizationAccess& access,
                                           const core::TeamAddress& address,
                                           const std::string& login);
/// Whoever is no member of the organization becomes one.
Result<TeamMembership> set_team_membership(const Context& context, const OrganizationAccess& access,
                                           const core::TeamAddress& address,
                                           const std::string& login, core::TeamRole role);
Result<void> remove_team_membership(const Context& context, const OrganizationAccess& access,
                                    const core::TeamAddress& address, const std::string& login);

/// Those that the principal may read, by name; private ones only for a token with the scope `repo`.
Result<core::Listing<core::TeamRepository>> list_team_repositories(const Context& context,
                                                                   const OrganizationAccess& access,
                                                                   const core::TeamAddress& address,
                                                                   const core::Page& page);

/// A repository as a path below a team names it.
struct RepositoryOfTeam {
  core::TeamAddress team;
  std::string owner;
  std::string name;
};
/// `not_found` if the team has no role there, or the principal may not read it.
Result<core::TeamRepository> get_team_repository(const Context& context,
                                                 const OrganizationAccess& access,
                                                 const RepositoryOfTeam& name);
/// `Role::none` takes the team's role away. `invalid` for another owner's repository.
Result<void> set_team_role(const Context& context, const OrganizationAccess& access,
                           const RepositoryOfTeam& name, core::Role role);

/// The teams that have a role in the repository, as far as the principal may see them.
Result<core::Listing<core::TeamGrant>> list_repository_teams(const Context& context,
                                                             const RepositoryAccess& access,
                                                             const core::Page& page);

}  // namespace esclusa::app
