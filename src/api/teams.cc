#include "app/teams.h"
#include "api/filters.h"
#include "api/media_type.h"
#include "api/pagination.h"
#include "api/route_tables.h"
#include "core/operations/people.h"
#include "wire/account.h"
#include "wire/repository.h"
#include "wire/team.h"

/// The teams of organizations.
namespace esclusa::api {
namespace {

http::Response team_response(const Call& call, int status, const app::TeamDetails& details) {
  JsonWriter json;
  wire::write_full_team(json, details.team, {details.member_count, details.repository_count},
                        details.organization, call.urls);
  http::Response response = json_response(status, std::move(json));
  if (status == 201) response.headers.add("Location", wire::team_url(call.urls, details.team));
  return response;
}

http::Response membership_response(const Call& call, const app::TeamMembership& membership) {
  JsonWriter json;
  wire::write_team_membership(json, membership.team, membership.member, call.urls);
  return json_response(200, std::move(json));
}

core::TeamAddress team_of(const Call& call) {
  if (call.team_id) return *call.team_id;
  return call.parameter("team_slug");
}

app::RepositoryOfTeam repository_of_team(const Call& call) {
  return {team_of(call), call.parameter("owner"), call.parameter("repo")};
}

Result<http::Response> list_teams(const Call& call, app::Reader& db) {
  const core::Page page = parse_page(call);
  const auto listing = TRY(app::list_teams(db, call.organization(), page));
  return list_response(call, page, listing, [&](auto& json, const core::Team& team) {
    wire::write_team(json, team, call.urls);
  });
}

Result<http::Response> create_team(const Call& call) {
  const auto input = TRY(wire::parse_new_team(call.request.body));
  return team_response(call, 201, TRY(app::create_team(call.context, call.organization(), input)));
}

Result<http::Response> get_team(const Call& call, app::Reader& db) {
  return team_response(call, 200, TRY(app::get_team(db, call.organization(), team_of(call))));
}

Result<http::Response> update_team(const Call& call) {
  const auto changes = TRY(wire::parse_team_changes(call.request.body));
  const auto updated =
      TRY(app::update_team(call.context, call.organization(), team_of(call), changes));
  return team_response(call, updated.has_changed ? 201 : 200, updated.details);
}

Result<http::Response> delete_team(const Call& call) {
  TRY(app::delete_team(call.context, call.organization(), team_of(call)));
  return no_content();
}

Result<http::Response> list_team_members(const Call& call, app::Reader& db) {
  const auto role = TRY(enum_filter<core::TeamRole>(call, "role"));
  const core::Page page = parse_page(call);
  const auto listing =
      TRY(app::list_team_members(db, call.organization(), team_of(call), role, page));
  return list_response(call, page, listing, [&](auto& json, const core::TeamMember& member) {
    wire::write_team_member(json, member, call.urls);
  });
}

/// 204 if the account is a member of the team, otherwise 404.
Result<http::Response> check_team_member(const Call& call, app::Reader& db) {
  TRY(app::get_team_membership(db, call.organization(), team_of(call), call.parameter("username")));
  return no_content();
}

Result<http::Response> get_team_membership(const Call& call, app::Reader& db) {
  return membership_response(call,
                             TRY(app::get_team_membership(db, call.organization(), team_of(call),
                                                          call.parameter("username"))));
}

Result<http::Response> set_team_membership(const Call& call) {
  const auto role = TRY(wire::parse_team_role(call.request.body));
  return membership_response(
      call, TRY(app::set_team_membership(call.context, call.organization(), team_of(call),
                                         call.parameter("username"), role)));
}

Result<http::Response> remove_team_membership(const Call& call) {
  TRY(app::remove_team_membership(call.context, call.organization(), team_of(call),
                                  call.parameter("username")));
  return no_content();
}

Result<http::Response> list_team_repositories(const Call& call, app::Reader& db) {
  const core::Page page = parse_page(call);
  const auto listing =
      TRY(app::list_team_repositories(db, call.organization(), team_of(call), page));
  return list_response(call, page, listing, [&](auto& json, const core::TeamRepository& one) {
    wire::write_minimal_repository(json, one.repository, call.urls, one.role);
  });
}

/// 204, or the repository if the client accepts `application/vnd.github.v3.repository+json`.
Result<http::Response> check_team_repository(const Call& call, app::Reader& db) {
  const auto found =
      TRY(app::get_team_repository(db, call.organization(), repository_of_team(call)));
  if (!media_type(call.request.headers).contains("param=repository")) return no_content();
  JsonWriter json;
  wire::write_team_repository(json, found.repository, found.role, call.urls, call.version);
  return json_response(200, std::move(json));
}

Result<http::Response> set_team_repository(const Call& call) {
  const auto role = TRY(wire::parse_permission(call.request.body, core::Role::read));
  TRY(app::set_team_role(call.context, call.organization(), repository_of_team(call), role));
  return no_content();
}

Result<http::Response> remove_team_repository(const Call& call) {
  TRY(app::set_team_role(call.context, call.organization(), repository_of_team(call),
                         core::Role::none));
  return no_content();
}

Result<http::Response> list_repository_teams(const Call& call, app::Reader& db) {
  const core::Page page = parse_page(call);
  const auto listing = TRY(app::list_repository_teams(db, call.access(), page));
  return list_response(call, page, listing, [&](auto& json, const core::TeamGrant& grant) {
    wire::write_team(json, grant.team, grant.role, call.urls);
  });
}

constexpr std::string_view reads_org = "admin:org, read:org, write:org";
constexpr std::string_view writes_org = "admin:org, write:org";

#define TEAMS "/orgs/{org}/teams"
#define TEAM TEAMS "/{team_slug}"
#define TEAM_REPOSITORY TEAM "/repos/{owner}/{repo}"

// clang-format off
const Route table[] = {
    {"GET", TEAMS, &operations::list_teams, reads_org, Lane::rows, "teams/teams#list-teams",
     list_teams},
    {"POST", TEAMS, &operations::create_team, "admin:org", Lane::commit,
     "teams/teams#create-a-team", create_team},
    {"GET", TEAM, &operations::get_team, reads_org, Lane::loop, "teams/teams#get-a-team-by-name",
     get_team},
    {"PATCH", TEAM, &operations::update_team, "admin:org", Lane::commit,
     "teams/teams#update-a-team", update_team},
    {"DELETE", TEAM, &operations::delete_team, "admin:org", Lane::commit,
     "teams/teams#delete-a-team", delete_team},
    {"GET", TEAM "/members", &operations::list_team_members, reads_org, Lane::rows,
     "teams/members#list-team-members", list_team_members},
    {"GET", TEAM "/members/{username}", &operations::check_team_member, reads_org, Lane::loop,
     "teams/members#get-team-member-legacy", check_team_member},
    {"GET", TEAM "/memberships/{username}", &operations::get_team_membership, reads_org, Lane::loop,
     "teams/members#get-team-membership-for-a-user", get_team_membership},
    {"PUT", TEAM "/memberships/{username}", &operations::set_team_membership, writes_org,
     Lane::commit, "teams/members#add-or-update-team-membership-for-a-user", set_team_membership},
    {"DELETE", TEAM "/memberships/{username}", &operations::remove_team_membership, writes_org,
     Lane::commit, "teams/members#remove-team-membership-for-a-user", remove_team_membership},
    {"GET", TEAM "/repos", &operations::list_team_repositories,
     "admin:org, read:org, repo, write:org", Lane::rows, "teams/teams#list-team-repositories",
     list_team_repositories},
    {"GET", TEAM_REPOSITORY, &operations::check_team_repository,
     "admin:org, read:org, repo, write:org", Lane::loop,
     "teams/teams#check-team-permissions-for-a-repository", check_team_repository},
    {"PUT", TEAM_REPOSITORY, &operations::set_team_repository, "admin:org", Lane::commit,
     "teams/teams#add-or-update-team-repository-permissions", set_team_repository},
    {"DELETE", TEAM_REPOSITORY, &operations::remove_team_repository, "admin:org", Lane::commit,
     "teams/teams#remove-a-repository-from-a-team", remove_team_repository},
    {"GET", REPOSITORY "/teams", &operations::list_repository_teams, "repo", Lane::rows,
     "repos/repos#list-repository-teams", list_repository_teams},
};
// clang-format on

}  // namespace

std::span<const Route> teams_routes() { return table; }

}  // namespace esclusa::api
