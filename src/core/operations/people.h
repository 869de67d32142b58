#pragma once
#include "core/operation.h"
#include "core/operations/scopes.h"

/// Members, teams, collaborators and deploy keys.
namespace esclusa::core::operations {

/// To give a repository to a team, an app must also see the team.
inline const NeededPermissions grants_to_teams{{Permission::administration, PermissionLevel::write},
                                               {Permission::members, PermissionLevel::read}};

inline const Operation list_members{"list_members", Audience::organization, Role::read,
                                    organization_read_scopes, reads(Permission::members)};
inline const Operation check_member{"check_member", Audience::organization, Role::read,
                                    organization_read_scopes, reads(Permission::members)};
inline const Operation remove_membership{"remove_membership", Audience::organization, Role::admin,
                                         organization_write_scopes, writes(Permission::members)};
inline const Operation get_membership{"get_membership", Audience::organization, Role::read,
                                      organization_read_scopes, reads(Permission::members)};
inline const Operation set_membership{"set_membership", Audience::organization, Role::admin,
                                      organization_write_scopes, writes(Permission::members)};

inline const Operation list_teams{"list_teams", Audience::organization, Role::read,
                                  organization_read_scopes, reads(Permission::members)};
inline const Operation create_team{"create_team", Audience::organization, Role::admin,
                                   organization_admin_scopes, writes(Permission::members)};
inline const Operation get_team{"get_team", Audience::organization, Role::read,
                                organization_read_scopes, reads(Permission::members)};
inline const Operation update_team{"update_team", Audience::organization, Role::admin,
                                   organization_admin_scopes, writes(Permission::members)};
inline const Operation delete_team{"delete_team", Audience::organization, Role::admin,
                                   organization_admin_scopes, writes(Permission::members)};
inline const Operation list_team_members{"list_team_members", Audience::organization, Role::read,
                                         organization_read_scopes, reads(Permission::members)};
inline const Operation check_team_member{"check_team_member", Audience::organization, Role::read,
                                         organization_read_scopes, reads(Permission::members)};
inline const Operation get_team_membership{"get_team_membership", Audience::organization,
                                           Role::read, organization_read_scopes,
                                           reads(Permission::members)};
inline const Operation set_team_membership{"set_team_membership", Audience::organization,
                                           Role::admin, organization_write_scopes,
                                           writes(Permission::members)};
inline const Operation remove_team_membership{"remove_team_membership", Audience::organization,
                                              Role::admin, organization_write_scopes,
                                              writes(Permission::members)};
inline const Operation list_team_repositories{"list_team_repositories", Audience::organization,
                                              Role::read, team_repository_scopes,
                                              reads(Permission::members)};
inline const Operation check_team_repository{"check_team_repository", Audience::organization,
                                             Role::read, team_repository_scopes,
                                             reads(Permission::members)};
inline const Operation set_team_repository{"set_team_repository", Audience::organization,
                                           Role::admin, organization_admin_scopes, grants_to_teams};
inline const Operation remove_team_repository{"remove_team_repository", Audience::organization,
                                              Role::admin, organization_admin_scopes,
                                              grants_to_teams};
inline const Operation list_repository_teams{"list_repository_teams", Audience::repository,
                                             Role::read, code_scopes,
                                             reads(Permission::administration)};

inline const Operation list_collaborators{"list_collaborators", Audience::repository, Role::write,
                                          code_scopes, reads(Permission::metadata)};
inline const Operation check_collaborator{"check_collaborator", Audience::repository, Role::write,
                                          code_scopes, reads(Permission::metadata)};
inline const Operation add_collaborator{"add_collaborator", Audience::repository, Role::admin,
                                        code_scopes, writes(Permission::administration)};
inline const Operation remove_collaborator{"remove_collaborator", Audience::repository, Role::admin,
                                           code_scopes, writes(Permission::administration)};
inline const Operation get_collaborator_permission{"get_collaborator_permission",
                                                   Audience::repository, Role::write, code_scopes,
                                                   reads(Permission::metadata)};
inline const Operation list_invitations{"list_invitations", Audience::repository, Role::admin,
                                        invitation_scopes, reads(Permission::administration)};

inline const Operation list_deploy_keys{"list_deploy_keys", Audience::repository, Role::admin,
                                        code_scopes, reads(Permission::administration)};
inline const Operation create_deploy_key{"create_deploy_key", Audience::repository, Role::admin,
                                         code_scopes, writes(Permission::administration)};
inline const Operation get_deploy_key{"get_deploy_key", Audience::repository, Role::admin,
                                      code_scopes, reads(Permission::administration)};
inline const Operation delete_deploy_key{"delete_deploy_key", Audience::repository, Role::admin,
                                         code_scopes, writes(Permission::administration)};

/// Whether a member of an organization sees a repository by one of its teams.
inline const Operation see_team_repository{"see_team_repository", Audience::repository, Role::read,
                                           Scopes{Scope::repo, Scope::admin_org},
                                           reads(Permission::metadata)};

}  // namespace esclusa::core::operations
