#pragma once
#include "api/call.h"

/// Who has a role in a repository.
namespace esclusa::api {

Result<http::Response> list_collaborators(const Call& call);
/// 204 if the account is a collaborator, otherwise 404.
Result<http::Response> check_collaborator(const Call& call);
/// 204: nobody is invited here.
Result<http::Response> add_collaborator(const Call& call);
Result<http::Response> remove_collaborator(const Call& call);
Result<http::Response> get_collaborator_permission(const Call& call);
/// None, since nobody is invited; clients look there before they look for a collaborator.
Result<http::Response> list_invitations(const Call& call);

}  // namespace esclusa::api
