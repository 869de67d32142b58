#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "core/page.h"
#include "core/team.h"
#include "sql/connection.h"

/// Teams, their members, and their roles in repositories.
namespace esclusa::store {

/// Inserts it; nothing if the organization has one of that slug. `team.id` is ignored.
std::optional<TeamId> insert_team(sql::Connection& tx, const core::Team& team);
/// Name, slug, description, privacy, notifications and `updated_at`. False, and nothing is changed,
/// if another team of the organization has the slug.
bool update_team(sql::Connection& tx, const core::Team& team);
/// With its members and roles. No rule may name it as a reviewer any more.
void delete_team(sql::Connection& tx, TeamId id);
/// An environment whose rule names the team as a reviewer, for people to read: `staging of
/// demo/shop`.
std::optional<std::string> environment_reviewed_by(sql::Connection& db, TeamId id);

std::optional<core::Team> find_team(sql::Connection& db, TeamId id);
/// Without regard to case.
std::optional<core::Team> find_team(sql::Connection& db, AccountId organization,
                                    std::string_view slug);
/// By name. With a viewer, those that are closed, or the viewer's own.
core::Listing<core::Team> list_teams(sql::Connection& db, AccountId organization,
                                     std::optional<AccountId> viewer, const core::Page& page);

/// Makes the account a member of the team, or changes its role there.
void set_team_member(sql::Connection& tx, TeamId team, AccountId account, core::TeamRole role);
/// False if it was no member.
bool remove_team_member(sql::Connection& tx, TeamId team, AccountId account);
bool is_team_member(sql::Connection& db, TeamId team, AccountId account);
/// The role that is shown: an owner of the organization counts as a maintainer.
std::optional<core::TeamMember> find_team_member(sql::Connection& db, TeamId team,
                                                 AccountId account);
/// All of them, by login.
std::vector<core::Account> list_team_members(sql::Connection& db, TeamId team);
/// By login; those of that role, or all.
core::Listing<core::TeamMember> list_team_members(sql::Connection& db, TeamId team,
                                                  std::optional<core::TeamRole> role,
                                                  const core::Page& page);
int64_t count_team_members(sql::Connection& db, TeamId team);

/// `Role::none` takes it away.
void set_team_role(sql::Connection& tx, TeamId team, RepositoryId repository, core::Role role);
/// `Role::none` if it has none.
core::Role find_team_role(sql::Connection& db, TeamId team, RepositoryId repository);
int64_t count_team_repositories(sql::Connection& db, TeamId team);

/// The teams that have a role there, by name. With a viewer, those that the viewer may see.
core::Listing<core::TeamGrant> list_repository_teams(sql::Connection& db, RepositoryId repository,
                                                     std::optional<AccountId> viewer,
                                                     const core::Page& page);

}  // namespace esclusa::store
