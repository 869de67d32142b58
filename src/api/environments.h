#pragma once
#include "api/call.h"

/// `/repos/{owner}/{repo}/environments…`.
namespace esclusa::api {

Result<http::Response> list_environments(const Call& call);
Result<http::Response> get_environment(const Call& call);
Result<http::Response> put_environment(const Call& call);
Result<http::Response> delete_environment(const Call& call);

Result<http::Response> list_branch_policies(const Call& call);
Result<http::Response> create_branch_policy(const Call& call);
Result<http::Response> get_branch_policy(const Call& call);
Result<http::Response> update_branch_policy(const Call& call);
Result<http::Response> delete_branch_policy(const Call& call);

}  // namespace esclusa::api
