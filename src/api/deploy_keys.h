#pragma once
#include "api/call.h"

namespace esclusa::api {

Result<http::Response> list_deploy_keys(const Call& call);
Result<http::Response> create_deploy_key(const Call& call);
Result<http::Response> get_deploy_key(const Call& call);
Result<http::Response> delete_deploy_key(const Call& call);

}  // namespace esclusa::api
