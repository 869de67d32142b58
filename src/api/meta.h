#pragma once
#include "api/call.h"

/// Routes that clients call besides those of deployments: the index, the server's metadata.
namespace esclusa::api {

Result<http::Response> get_root(const Call& call);
Result<http::Response> get_meta(const Call& call);
Result<http::Response> get_versions(const Call& call);
Result<http::Response> get_zen(const Call& call);

}  // namespace esclusa::api
