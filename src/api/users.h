#pragma once
#include "api/call.h"

/// Accounts, as anyone may see them, and as they see themselves.
namespace esclusa::api {

Result<http::Response> get_authenticated_user(const Call& call);
Result<http::Response> get_user(const Call& call);
Result<http::Response> get_organization(const Call& call);

/// The organization of the path, which nobody needs a right to see.
Result<core::Profile> find_organization(const Call& call);

}  // namespace esclusa::api
