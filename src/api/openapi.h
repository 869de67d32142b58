#pragma once
#include "api/call.h"

namespace esclusa::api {

/// `GET /openapi.json`: this API in OpenAPI 3.1, joined from the files in `api/openapi/`, with the
/// address at which the request reached the server.
Result<http::Response> get_openapi(const Call& call);

}  // namespace esclusa::api
