#pragma once
#include "core/team.h"
#include "wire/api_version.h"
#include "wire/json.h"
#include "wire/json_writer.h"
#include "wire/urls.h"

/// Organizations' members and teams, as GitHub shows them.
namespace esclusa::wire {

/// Parent teams and other defaults than `pull` are refused: there are none.
Result<core::NewTeam> parse_new_team(std::string_view text);
Result<core::TeamChanges> parse_team_changes(std::string_view text);
/// The `role` of a body that may be empty; `member` if it is absent.
Result<core::TeamRole> parse_team_role(std::string_view text);
Result<core::MemberRole> parse_member_role(std::string_view text);

std::string team_url(const Urls& urls, const core::Team& team);

/// GitHub's `team`: of a list, and of an environment's reviewers.
void write_team(JsonWriter& json, const core::Team& team, const Urls& urls);
/// The same as events have it: their schema knows fewer members.
void write_event_team(JsonWriter& json, const core::Team& team, const Urls& urls);
/// The same, of a list in a repository where it has that role.
void write_team(JsonWriter& json, const core::Team& team, core::Role role, const Urls& urls);
/// GitHub's `team-full`.
struct TeamCounts {
  int64_t members = 0;
  int64_t repositories = 0;
};
void write_full_team(JsonWriter& json, const core::Team& team, const TeamCounts& counts,
                     const core::Profile& organization, const Urls& urls);

void write_team_membership(JsonWriter& json, const core::Team& team, const core::TeamMember& member,
                           const Urls& urls);
/// GitHub's `org-membership`.
void write_membership(JsonWriter& json, const core::Account& organization,
                      const core::Member& member, const Urls& urls);

}  // namespace esclusa::wire
