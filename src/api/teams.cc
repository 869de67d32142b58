#include "api/teams.h"

#include "api/filters.h"
#include "api/media_type.h"
#include "api/pagination.h"
#include "app/teams.h"
#include "wire/account.h"
#include "wire/repository.h"
#include "wire/team.h"

namespace esclusa::api {
namespace {

http::Response team_response(const Call& call, int status, const app::TeamDetails& details) {
  wire::JsonWriter json;
  wire::write_full_team(json, details.team, {details.member_count, details.repository_count},
                        details.organization, call.urls);
  http::Response response = json_response(status, std::move(json));
  if (status == 201) response.headers.add("Location", wire::team_url(call.urls, details.team));
  return response;
}

http::Response membership_response(const Call& call, const app::TeamMembership& membership) {
  wire::JsonWriter json;
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

}  // namespace

Result<http::Response> list_teams(const Call& call) {
  const core::Page page = parse_page(call);
  const auto listing = TRY(app::list_teams(call.context, call.organization(), page));
  return list_response(call, page, listing, [&](auto& json, const core::Team& team) {
    wire::write_team(json, team, call.urls);
  });
}

Result<http::Response> create_team(const Call& call) {
  const auto input = TRY(wire::parse_new_team(call.request.body));
  return team_response(call, 201, TRY(app::create_team(call.context, call.organization(), input)));
}

Result<http::Response> get_team(const Call& call) {
  return team_response(call, 200,
                       TRY(app::get_team(call.context, call.organization(), team_of(call))));
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

Result<http::Response> list_team_members(const Call& call) {
  const auto role = TRY(enum_filter<core::TeamRole>(call, "role"));
  const core::Page page = parse_page(call);
  const auto listing =
      TRY(app::list_team_members(call.context, call.organization(), team_of(call), role, page));
  return list_response(call, page, listing, [&](auto& json, const core::TeamMember& member) {
    wire::write_team_member(json, member, call.urls);
  });
}

Result<http::Response> check_team_member(const Call& call) {
  TRY(app::get_team_membership(call.context, call.organization(), team_of(call),
                               call.parameter("username")));
  return no_content();
}

Result<http::Response> get_team_membership(const Call& call) {
  return membership_response(
      call, TRY(app::get_team_membership(call.context, call.organization(), team_of(call),
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

Result<http::Response> list_team_repositories(const Call& call) {
  const core::Page page = parse_page(call);
  const auto listing =
      TRY(app::list_team_repositories(call.context, call.organization(), team_of(call), page));
  return list_response(call, page, listing, [&](auto& json, const core::TeamRepository& one) {
    wire::write_minimal_repository(json, one.repository, call.urls, one.role);
  });
}

Result<http::Response> check_team_repository(const Call& call) {
  const auto found =
      TRY(app::get_team_repository(call.context, call.organization(), repository_of_team(call)));
  if (!media_type(call.request.headers).contains("param=repository")) return no_content();
  wire::JsonWriter json;
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

Result<http::Response> list_repository_teams(const Call& call) {
  const core::Page page = parse_page(call);
  const auto listing = TRY(app::list_repository_teams(call.context, call.access(), page));
  return list_response(call, page, listing, [&](auto& json, const core::TeamGrant& grant) {
    wire::write_team(json, grant.team, grant.role, call.urls);
  });
}

}  // namespace esclusa::api
