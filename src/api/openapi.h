#pragma once
#include "api/call.h"

namespace esclusa::api {

/// `GET /openapi.json`: this API in OpenAPI 3.1, from the parts in `api/openapi/`, with the address
/// that the request came in under.
Result<http::Response> get_openapi(const Call& call);

}  // namespace esclusa::api
