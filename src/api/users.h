#pragma once
#include "api/call.h"

/// Accounts: their public profiles, and the caller's own.
namespace esclusa::api {

/// The organization in the path, which everybody may see.
Result<core::Profile> find_organization(const Call& call, app::Reader& db);

}  // namespace esclusa::api
