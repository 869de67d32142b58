#pragma once
#include "api/call.h"

/// Accounts: their public profiles, and the caller's own.
namespace esclusa::api {

Result<http::Response> get_authenticated_user(const Call& call);
Result<http::Response> get_user(const Call& call);
Result<http::Response> get_organization(const Call& call);

/// The organization in the path, which everybody may see.
Result<core::Profile> find_organization(const Call& call);

}  // namespace esclusa::api
