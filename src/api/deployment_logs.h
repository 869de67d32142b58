#pragma once
#include "api/call.h"

namespace esclusa::api {

Result<http::Response> append_deployment_log(const Call& call);
Result<http::Response> get_deployment_log(const Call& call);

}  // namespace esclusa::api
