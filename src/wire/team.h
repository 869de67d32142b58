#pragma once
#include "base/error.h"
#include "base/json_writer.h"
#include "core/team.h"
#include "wire/api_version.h"
#include "wire/urls.h"

/// Members and teams of organizations, as GitHub's API shows them.
namespace esclusa::wire {

/// The body of a request that creates a team. Parent teams and a default permission other than
/// `pull` are refused, because Esclusa has neither.
Result<core::NewTeam> parse_new_team(std::string_view text);
Result<core::TeamChanges> parse_team_changes(std::string_view text);
/// Reads `role` from a body that may be empty; `member` if it is absent.
Result<core::TeamRole> parse_team_role(std::string_view text);
Result<core::MemberRole> parse_member_role(std::string_view text);

std::string team_url(const Urls& urls, const core::Team& team);

/// GitHub's `team`, in lists and in an environment's reviewers.
void write_team(JsonWriter& json, const core::Team& team, const Urls& urls);
/// The same for events, whose schema has fewer members.
void write_event_team(JsonWriter& json, const core::Team& team, const Urls& urls);
/// The same in the list of a repository's teams, with the team's role.
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
