#pragma once
#include "api/call.h"

/// Lists of the repositories and organizations of accounts that the caller may read.
namespace esclusa::api {

/// The repositories that the caller owns or has access to by a role.
Result<http::Response> list_own_repositories(const Call& call);
Result<http::Response> list_organization_repositories(const Call& call);
/// Only public repositories, as on GitHub.
Result<http::Response> list_user_repositories(const Call& call);

Result<http::Response> list_own_organizations(const Call& call);
Result<http::Response> list_user_organizations(const Call& call);

}  // namespace esclusa::api
