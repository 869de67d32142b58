#pragma once
#include "api/call.h"

/// The teams of organizations.
namespace esclusa::api {

Result<http::Response> list_teams(const Call& call);
Result<http::Response> create_team(const Call& call);
Result<http::Response> get_team(const Call& call);
Result<http::Response> update_team(const Call& call);
Result<http::Response> delete_team(const Call& call);

Result<http::Response> list_team_members(const Call& call);
/// 204 if the account is a member of the team, otherwise 404.
Result<http::Response> check_team_member(const Call& call);
Result<http::Response> get_team_membership(const Call& call);
Result<http::Response> set_team_membership(const Call& call);
Result<http::Response> remove_team_membership(const Call& call);

Result<http::Response> list_team_repositories(const Call& call);
/// 204, or the repository if the client accepts `application/vnd.github.v3.repository+json`.
Result<http::Response> check_team_repository(const Call& call);
Result<http::Response> set_team_repository(const Call& call);
Result<http::Response> remove_team_repository(const Call& call);

/// The teams that have access to a repository.
Result<http::Response> list_repository_teams(const Call& call);

}  // namespace esclusa::api
