#pragma once
#include "api/call.h"

namespace esclusa::api {

Result<http::Response> list_deployments(const Call& call);
Result<http::Response> create_deployment(const Call& call);
Result<http::Response> get_deployment(const Call& call);
Result<http::Response> delete_deployment(const Call& call);

}  // namespace esclusa::api
