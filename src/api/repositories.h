#pragma once
#include "api/call.h"

/// The repository itself.
namespace esclusa::api {

Result<http::Response> get_repository(const Call& call);
Result<http::Response> update_repository(const Call& call);

}  // namespace esclusa::api
