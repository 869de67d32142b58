#pragma once
#include "core/team.h"
#include "wire/json_writer.h"
#include "wire/urls.h"

/// Organizations' teams, as GitHub shows them.
namespace esclusa::wire {

std::string team_url(const Urls& urls, const core::Team& team);

/// GitHub's `team`: of a list, and of an environment's reviewers.
void write_team(JsonWriter& json, const core::Team& team, const Urls& urls);

}  // namespace esclusa::wire
