#pragma once
#include "api/call.h"

/// What clients ask around a deployment.
namespace esclusa::api {

Result<http::Response> get_repository(const Call& call);
Result<http::Response> get_authenticated_user(const Call& call);

}  // namespace esclusa::api
