#pragma once
#include "api/call.h"

/// Repositories and organizations of accounts: what the caller may read of them.
namespace esclusa::api {

/// Those with which the caller has something to do.
Result<http::Response> list_own_repositories(const Call& call);
Result<http::Response> list_organization_repositories(const Call& call);
/// Public ones, as on GitHub.
Result<http::Response> list_user_repositories(const Call& call);

Result<http::Response> list_own_organizations(const Call& call);
Result<http::Response> list_user_organizations(const Call& call);

}  // namespace esclusa::api
