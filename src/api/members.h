#pragma once
#include "api/call.h"

/// The members of organizations.
namespace esclusa::api {

Result<http::Response> list_members(const Call& call);
/// 204 for a member, 404 for everybody else.
Result<http::Response> check_member(const Call& call);
Result<http::Response> get_membership(const Call& call);
Result<http::Response> set_membership(const Call& call);
Result<http::Response> remove_membership(const Call& call);

}  // namespace esclusa::api
