#pragma once
#include "base/json_writer.h"
#include "core/account.h"
#include "core/team.h"
#include "wire/urls.h"

namespace esclusa::wire {

/// GitHub's `simple-user`.
void write_account(JsonWriter& json, const core::Account& account, const Urls& urls);
/// The same without its end, for objects with further members. The caller closes the object.
void begin_account(JsonWriter& json, const core::Account& account, const Urls& urls);

/// GitHub's `team-member`: an account with its role in a team.
void write_team_member(JsonWriter& json, const core::TeamMember& member, const Urls& urls);

/// Who reads an account: anyone, or the account itself.
enum class View { is_public, is_private };
/// GitHub's `public-user` or `private-user`, also for organizations and bots.
void write_user(JsonWriter& json, const core::Profile& profile, View view, const Urls& urls);

/// GitHub's `organization-simple`, as in events.
void write_simple_organization(JsonWriter& json, const core::Account& account, const Urls& urls);
/// GitHub's public `organization-full`.
void write_organization(JsonWriter& json, const core::Profile& profile, const Urls& urls);

}  // namespace esclusa::wire
