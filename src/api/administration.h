#pragma once
#include "api/call.h"

/// The handlers of `esclusa user|token|org|repo`, reached through the administrator's unix socket.
namespace esclusa::api {

Result<http::Response> admin_list_accounts(const Call& call);
Result<http::Response> admin_create_account(const Call& call);
Result<http::Response> admin_block_account(const Call& call);
Result<http::Response> admin_unblock_account(const Call& call);
Result<http::Response> admin_list_tokens(const Call& call);
Result<http::Response> admin_create_token(const Call& call);
Result<http::Response> admin_revoke_token(const Call& call);
Result<http::Response> admin_set_member(const Call& call);
Result<http::Response> admin_list_repositories(const Call& call);
Result<http::Response> admin_create_repository(const Call& call);
Result<http::Response> admin_update_repository(const Call& call);
Result<http::Response> admin_remove_repository(const Call& call);
Result<http::Response> admin_grant_role(const Call& call);
Result<http::Response> admin_choose_new_environments(const Call& call);
Result<http::Response> admin_list_branch_protections(const Call& call);
Result<http::Response> admin_protect_branches(const Call& call);
Result<http::Response> admin_unprotect_branches(const Call& call);

}  // namespace esclusa::api
