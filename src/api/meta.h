#pragma once
#include "api/call.h"

/// What clients ask around a deployment.
namespace esclusa::api {

Result<http::Response> get_root(const Call& call);
Result<http::Response> get_meta(const Call& call);
Result<http::Response> get_versions(const Call& call);
Result<http::Response> get_zen(const Call& call);

}  // namespace esclusa::api
