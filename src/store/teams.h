#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "core/page.h"
#include "core/team.h"
#include "sql/connection.h"

/// Teams, their members, and their roles in repositories.
namespace esclusa::store {

/// Inserts the team; nullopt if the organization has one of that slug. `team.id` is ignored.
std::optional<TeamId> insert_team(sql::Writer& tx, const core::Team& team);
/// Updates name, slug, description, privacy, notifications and `updated_at`. If another team of the
/// organization has the slug, changes nothing and returns false.
bool update_team(sql::Writer& tx, const core::Team& team);
/// Deletes the team with its members and roles. No rule may name it as a reviewer.
void delete_team(sql::Writer& tx, TeamId id);
/// An environment whose rule names the team as a reviewer, as text for people: `staging of
/// demo/shop`.
std::optional<std::string> environment_reviewed_by(sql::Reader& db, TeamId id);

std::optional<core::Team> find_team(sql::Reader& db, TeamId id);
/// The slug is compared without regard to case.
std::optional<core::Team> find_team(sql::Reader& db, AccountId organization, std::string_view slug);
/// By name; with a viewer, only closed teams and the viewer's own.
core::Listing<core::Team> list_teams(sql::Reader& db, AccountId organization,
                                     std::optional<AccountId> viewer, const core::Page& page);

/// Adds the account to the team, or changes its role in the team.
void set_team_member(sql::Writer& tx, TeamId team, AccountId account, core::TeamRole role);
/// False if it was not a member.
bool remove_team_member(sql::Writer& tx, TeamId team, AccountId account);
bool is_team_member(sql::Reader& db, TeamId team, AccountId account);
/// The role as answers show it: an owner of the organization counts as a maintainer.
std::optional<core::TeamMember> find_team_member(sql::Reader& db, TeamId team, AccountId account);
/// All members, by login.
std::vector<core::Account> list_team_members(sql::Reader& db, TeamId team);
/// By login, all or those with the role.
core::Listing<core::TeamMember> list_team_members(sql::Reader& db, TeamId team,
                                                  std::optional<core::TeamRole> role,
                                                  const core::Page& page);
int64_t count_team_members(sql::Reader& db, TeamId team);

/// `Role::none` removes the team's role.
void set_team_role(sql::Writer& tx, TeamId team, RepositoryId repository, core::Role role);
/// `Role::none` if the team has no role.
core::Role find_team_role(sql::Reader& db, TeamId team, RepositoryId repository);
int64_t count_team_repositories(sql::Reader& db, TeamId team);

/// The teams with a role in the repository, by name; with a viewer, only those that the viewer may
/// see.
core::Listing<core::TeamGrant> list_repository_teams(sql::Reader& db, RepositoryId repository,
                                                     std::optional<AccountId> viewer,
                                                     const core::Page& page);

}  // namespace esclusa::store
