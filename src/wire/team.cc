#include "wire/team.h"

#include "base/text.h"
#include "wire/account.h"
#include "wire/enums.h"
#include "wire/json_body.h"
#include "wire/node_id.h"
#include "wire/repository.h"

namespace esclusa::wire {
namespace {

/// Refuses settings that are the same for every team and cannot be changed.
Result<void> refuse_unsupported_settings(const JsonBody& body) {
  for (const char* name : {"parent_team_id", "parent_team_slug"}) {
    const auto parent = body.find(name);
    if (parent && !parent->is_null()) {
      return fail_request("\"" + std::string(name) + "\" is not supported.",
                          "parent_team_not_supported");
    }
  }
  const auto permission = TRY(body.optional_string("permission"));
  if (permission && permission != "pull") {
    return fail_request("\"permission\" is not supported; give it with each repository.",
                        "permission_not_supported");
  }
  return {};
}

/// The members that every form of a team begins with, also in events. The caller closes the object.
void begin_plain_team(JsonWriter& json, const core::Team& team, const Urls& urls) {
  const std::string url = team_url(urls, team);
  json.begin_object()
      .member("name", team.name)
      .member("id", team.id.value)
      .member("node_id", node_id("T", {team.organization.id.value, team.id.value}))
      .member("slug", team.slug);
  json.key("description");
  if (team.description.empty()) {
    json.value(nullptr);
  } else {
    json.value(team.description);
  }
  json.member("privacy", core::to_name(team.privacy))
      .member("url", url)
      .member("html_url", urls.web + "/orgs/" + percent_encode(team.organization.login) +
                              "/teams/" + percent_encode(team.slug))
      .member("members_url", url + "/members{/member}")
      .member("repositories_url", url + "/repos");
}

/// The members that every answer about a team begins with. The caller closes the object.
void begin_team(JsonWriter& json, const core::Team& team, std::string_view permission,
                const Urls& urls) {
  begin_plain_team(json, team, urls);
  json.member("notification_setting", core::to_name(team.notification_setting))
      .member("type", "organization")
      .member("organization_id", team.organization.id.value)
      .member("permission", permission)
      .member("parent", nullptr);
}

}  // namespace

Result<core::NewTeam> parse_new_team(std::string_view text) {
  const JsonBody body = TRY(JsonBody::parse(text));
  core::NewTeam input;
  input.name = TRY(body.required_string("name"));
  input.description = TRY(body.string_or("description", ""));
  input.privacy = TRY(optional_enum<core::TeamPrivacy>(body, "privacy")).value_or(input.privacy);
  input.notification_setting =
      TRY(optional_enum<core::TeamNotifications>(body, "notification_setting"))
          .value_or(input.notification_setting);
  input.maintainers = TRY(body.optional_strings("maintainers")).value_or(input.maintainers);
  input.repo_names = TRY(body.optional_strings("repo_names")).value_or(input.repo_names);
  TRY(refuse_unsupported_settings(body));
  return input;
}

Result<core::TeamChanges> parse_team_changes(std::string_view text) {
  const JsonBody body = TRY(JsonBody::parse(text));
  core::TeamChanges changes;
  changes.name = TRY(body.optional_string("name"));
  changes.description = TRY(body.optional_string("description"));
  changes.privacy = TRY(optional_enum<core::TeamPrivacy>(body, "privacy"));
  changes.notification_setting =
      TRY(optional_enum<core::TeamNotifications>(body, "notification_setting"));
  TRY(refuse_unsupported_settings(body));
  return changes;
}

Result<core::TeamRole> parse_team_role(std::string_view text) {
  const JsonBody body = TRY(JsonBody::parse(text));
  return TRY(optional_enum<core::TeamRole>(body, "role")).value_or(core::TeamRole::member);
}

Result<core::MemberRole> parse_member_role(std::string_view text) {
  const JsonBody body = TRY(JsonBody::parse(text));
  return TRY(optional_enum<core::MemberRole>(body, "role")).value_or(core::MemberRole::member);
}

std::string team_url(const Urls& urls, const core::Team& team) {
  return urls.organization(team.organization) + "/teams/" + percent_encode(team.slug);
}

void write_team(JsonWriter& json, const core::Team& team, const Urls& urls) {
  begin_team(json, team, permission_name(core::Role::read), urls);
  json.end_object();
}

void write_event_team(JsonWriter& json, const core::Team& team, const Urls& urls) {
  begin_plain_team(json, team, urls);
  json.member("permission", permission_name(core::Role::read))
      .member("parent", nullptr)
      .end_object();
}

void write_team(JsonWriter& json, const core::Team& team, core::Role role, const Urls& urls) {
  begin_team(json, team, permission_name(role), urls);
  write_permissions(json, role);
  json.end_object();
}

void write_full_team(JsonWriter& json, const core::Team& team, const TeamCounts& counts,
                     const core::Profile& organization, const Urls& urls) {
  begin_team(json, team, permission_name(core::Role::read), urls);
  json.member("created_at", team.created_at)
      .member("updated_at", team.updated_at)
      .member("members_count", counts.members)
      .member("repos_count", counts.repositories)
      .key("organization");
  write_organization(json, organization, urls);
  json.end_object();
}

void write_team_membership(JsonWriter& json, const core::Team& team, const core::TeamMember& member,
                           const Urls& urls) {
  json.begin_object()
      .member("state", "active")
      .member("role", core::to_name(member.role))
      .member("url", team_url(urls, team) + "/memberships/" + percent_encode(member.account.login))
      .end_object();
}

void write_membership(JsonWriter& json, const core::Account& organization,
                      const core::Member& member, const Urls& urls) {
  const std::string url = urls.organization(organization);
  json.begin_object()
      .member("url", url + "/memberships/" + percent_encode(member.account.login))
      .member("state", "active")
      .member("role", core::to_name(member.role))
      .member("organization_url", url)
      .key("user");
  write_account(json, member.account, urls);
  json.key("organization");
  write_simple_organization(json, organization, urls);
  json.end_object();
}

}  // namespace esclusa::wire
