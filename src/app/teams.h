#pragma once
#include <optional>
#include <string>

#include "app/access.h"
#include "core/page.h"
#include "core/team.h"

/// The teams of organizations. The caller has judged the access. A secret team that the actor
/// may not see is `not_found`. Changes need an owner of the organization.
namespace esclusa::app {

/// A team with the other members of its own answer.
struct TeamDetails {
  core::Team team;
  int64_t member_count = 0;
  int64_t repository_count = 0;
  core::Profile organization;
};

/// Lists the teams that the actor may see, by slug.
Result<core::Listing<core::Team>> list_teams(Reader& db, const OrganizationAccess& access,
                                             const core::Page& page);
/// Its creator, if a member of the organization, becomes its first maintainer.
Result<TeamDetails> create_team(const Context& context, const OrganizationAccess& access,
                                const core::NewTeam& input);
Result<TeamDetails> get_team(Reader& db, const OrganizationAccess& access,
                             const core::TeamAddress& address);
/// The updated team, and whether anything changed. A new name gives a new slug.
struct UpdatedTeam {
  TeamDetails details;
  bool has_changed = false;
};
Result<UpdatedTeam> update_team(const Context& context, const OrganizationAccess& access,
                                const core::TeamAddress& address, const core::TeamChanges& changes);
/// `invalid` while a rule of an environment requires the team's review.
Result<void> delete_team(const Context& context, const OrganizationAccess& access,
                         const core::TeamAddress& address);

/// Lists members by login, all or those with the role.
Result<core::Listing<core::TeamMember>> list_team_members(Reader& db,
                                                          const OrganizationAccess& access,
                                                          const core::TeamAddress& address,
                                                          std::optional<core::TeamRole> role,
                                                          const core::Page& page);
/// An account's membership in a team of the organization.
struct TeamMembership {
  core::Team team;
  core::TeamMember member;
};
Result<TeamMembership> get_team_membership(Reader& db, const OrganizationAccess& access,
                                           const core::TeamAddress& address,
                                           const std::string& login);
/// Adds the account to the team or changes its role, and makes it a member of the organization.
Result<TeamMembership> set_team_membership(const Context& context, const OrganizationAccess& access,
                                           const core::TeamAddress& address,
                                           const std::string& login, core::TeamRole role);
Result<void> remove_team_membership(const Context& context, const OrganizationAccess& access,
                                    const core::TeamAddress& address, const std::string& login);

/// Lists the team's repositories that the actor may read, by name; private ones only for a
/// token with the scope `repo`.
Result<core::Listing<core::TeamRepository>> list_team_repositories(Reader& db,
                                                                   const OrganizationAccess& access,
                                                                   const core::TeamAddress& address,
                                                                   const core::Page& page);

/// A repository as a path of a team names it.
struct RepositoryOfTeam {
  core::TeamAddress team;
  std::string owner;
  std::string name;
};
/// `not_found` if the team has no role there, or the actor may not read it.
Result<core::TeamRepository> get_team_repository(Reader& db, const OrganizationAccess& access,
                                                 const RepositoryOfTeam& name);
/// Sets the team's role; `Role::none` removes it. `invalid` for a repository of another owner.
Result<void> set_team_role(const Context& context, const OrganizationAccess& access,
                           const RepositoryOfTeam& name, core::Role role);

/// Lists the teams with a role in the repository that the actor may see.
Result<core::Listing<core::TeamGrant>> list_repository_teams(Reader& db,
                                                             const RepositoryAccess& access,
                                                             const core::Page& page);

}  // namespace esclusa::app
