#pragma once
#include "api/call.h"

/// The collaborators of a repository and their roles.
namespace esclusa::api {

Result<http::Response> list_collaborators(const Call& call);
/// 204 if the account is a collaborator, otherwise 404.
Result<http::Response> check_collaborator(const Call& call);
/// Always 204: collaborators are added at once, without an invitation.
Result<http::Response> add_collaborator(const Call& call);
Result<http::Response> remove_collaborator(const Call& call);
Result<http::Response> get_collaborator_permission(const Call& call);
/// Always an empty list, because there are no invitations. Clients read it before they look for a
/// collaborator.
Result<http::Response> list_invitations(const Call& call);

}  // namespace esclusa::api
