#include "wire/team.h"

#include <doctest/doctest.h>

#include "base/json.h"
#include "wire/account.h"

using namespace esclusa;
using namespace esclusa::wire;

namespace {

const Urls urls{"http://h/api/v3", "http://h"};

core::Account account(int64_t id, const std::string& login, core::AccountKind kind) {
  core::Account account;
  account.id = {id};
  account.login = login;
  account.kind = kind;
  return account;
}

core::Team some_team() {
  core::Team team;
  team.id = {7};
  team.organization = account(2, "works", core::AccountKind::organization);
  team.name = "Night \"watch\"";
  team.slug = "night-watch";
  team.privacy = core::TeamPrivacy::closed;
  team.created_at = from_micros(0);
  team.updated_at = from_micros(1'000'000);
  return team;
}

template <class Write>
std::string written(Write write) {
  JsonWriter json;
  write(json);
  return json.take();
}

template <class T>
std::string refusal(const Result<T>& result) {
  return result ? "" : result.error().message;
}

}  // namespace

TEST_CASE("write_team: GitHub's members, and links to this server's routes") {
  core::Team team = some_team();
  CHECK(written([&](auto& json) { write_team(json, team, urls); }) ==
        R"({"name":"Night \"watch\"","id":7,"node_id":"T_kwACBw","slug":"night-watch",)"
        R"("description":null,"privacy":"closed",)"
        R"("url":"http://h/api/v3/orgs/works/teams/night-watch",)"
        R"("html_url":"http://h/orgs/works/teams/night-watch",)"
        R"("members_url":"http://h/api/v3/orgs/works/teams/night-watch/members{/member}",)"
        R"("repositories_url":"http://h/api/v3/orgs/works/teams/night-watch/repos",)"
        R"("notification_setting":"notifications_enabled",)"
        R"("type":"organization","organization_id":2,"permission":"pull","parent":null})");
  team.description = "They watch";
  const auto json = Json::parse(written([&](auto& out) {
                      write_team(out, team, core::Role::write, urls);
                    })).value();
  CHECK(json.string_at("description") == "They watch");
  CHECK(json.string_at("permission") == "push");
  CHECK(json.find("permissions")->text() ==
        R"({"admin":false,"maintain":false,"push":true,"triage":true,"pull":true})");
}

TEST_CASE("write_full_team: also has its times, counts and organization") {
  core::Profile profile;
  profile.account = some_team().organization;
  profile.public_repository_count = 4;
  const auto json = Json::parse(written([&](auto& out) {
                      write_full_team(out, some_team(), {3, 5}, profile, urls);
                    })).value();
  CHECK(json.string_at("created_at") == "1970-01-01T00:00:00Z");
  CHECK(json.string_at("updated_at") == "1970-01-01T00:00:01Z");
  CHECK(json.integer_at("members_count") == 3);
  CHECK(json.integer_at("repos_count") == 5);
  CHECK(json.string_at("organization", "login") == "works");
  CHECK(json.integer_at("organization", "public_repos") == 4);
}

TEST_CASE("write_team_membership, write_team_member, write_membership: accounts and roles") {
  const auto ada = account(3, "ada", core::AccountKind::user);
  CHECK(written([&](auto& json) {
          write_team_membership(json, some_team(), {ada, core::TeamRole::maintainer}, urls);
        }) == R"({"state":"active","role":"maintainer",)"
              R"("url":"http://h/api/v3/orgs/works/teams/night-watch/memberships/ada"})");
  const auto member = Json::parse(written([&](auto& json) {
                        write_team_member(json, {ada, core::TeamRole::member}, urls);
                      })).value();
  CHECK(member.string_at("login") == "ada");
  CHECK(member.string_at("role") == "member");
  CHECK(member.find("inherited")->boolean() == false);
  const auto membership =
      Json::parse(written([&](auto& json) {
        write_membership(json, some_team().organization, {ada, core::MemberRole::admin}, urls);
      })).value();
  CHECK(membership.string_at("url") == "http://h/api/v3/orgs/works/memberships/ada");
  CHECK(membership.string_at("role") == "admin");
  CHECK(membership.string_at("user", "login") == "ada");
  CHECK(membership.string_at("organization", "login") == "works");
}

TEST_CASE("parse_new_team: absent members have GitHub's defaults") {
  const auto least = parse_new_team(R"({"name": "Ops", "privacy": null})").value();
  CHECK(least.name == "Ops");
  CHECK(least.description.empty());
  CHECK(least.privacy == core::TeamPrivacy::secret);
  CHECK(least.notification_setting == core::TeamNotifications::enabled);
  CHECK(least.maintainers.empty());
  const auto all = parse_new_team(R"({"name": "Ops", "description": "d", "privacy": "closed",
      "maintainers": ["ada"], "repo_names": ["works/shop"], "permission": "pull",
      "parent_team_id": null, "notification_setting": "notifications_disabled"})")
                       .value();
  CHECK(all.description == "d");
  CHECK(all.privacy == core::TeamPrivacy::closed);
  CHECK(all.notification_setting == core::TeamNotifications::disabled);
  CHECK(all.maintainers == std::vector<std::string>{"ada"});
  CHECK(all.repo_names == std::vector<std::string>{"works/shop"});
}

TEST_CASE("parse_new_team, parse_team_changes: refuse unsupported settings, not ignore them") {
  CHECK(refusal(parse_new_team("{}")).find("\"name\" wasn't supplied") != std::string::npos);
  for (const char* member :
       {R"("privacy": "open")", R"("parent_team_id": 1)", R"("parent_team_slug": "ops")",
        R"("permission": "push")", R"("notification_setting": "off")", R"("maintainers": "ada")",
        R"("description": 5)"}) {
    CAPTURE(member);
    CHECK_FALSE(parse_new_team(std::string(R"({"name": "Ops", )") + member + "}"));
    if (std::string_view(member).starts_with(R"("main)")) continue;  // only for a new team
    CHECK_FALSE(parse_team_changes(std::string("{") + member + "}"));
  }
  const auto changes = parse_team_changes(R"({"description": ""})").value();
  CHECK_FALSE(changes.name);
  CHECK(changes.description == "");
  CHECK_FALSE(changes.privacy);
  CHECK_FALSE(changes.notification_setting);
  CHECK(parse_team_changes(R"({"notification_setting": "notifications_disabled"})")
            .value()
            .notification_setting == core::TeamNotifications::disabled);
}

TEST_CASE("parse_team_role, parse_member_role: empty bodies, and unknown roles") {
  CHECK(parse_team_role("").value() == core::TeamRole::member);
  CHECK(parse_team_role(R"({"role": "maintainer"})").value() == core::TeamRole::maintainer);
  CHECK_FALSE(parse_team_role(R"({"role": "admin"})"));
  CHECK(parse_member_role("").value() == core::MemberRole::member);
  CHECK(parse_member_role(R"({"role": "admin"})").value() == core::MemberRole::admin);
  CHECK_FALSE(parse_member_role(R"({"role": "maintainer"})"));
}
