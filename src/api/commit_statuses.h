#pragma once
#include "api/call.h"

namespace esclusa::api {

Result<http::Response> create_commit_status(const Call& call);
Result<http::Response> list_commit_statuses(const Call& call);
Result<http::Response> get_combined_status(const Call& call);

}  // namespace esclusa::api
