#pragma once
#include "api/call.h"

/// Deployment statuses.
namespace esclusa::api {

Result<http::Response> list_statuses(const Call& call);
Result<http::Response> create_status(const Call& call);
Result<http::Response> get_status(const Call& call);

}  // namespace esclusa::api
