#pragma once
#include "api/call.h"

namespace esclusa::api {

Result<http::Response> list_hooks(const Call& call);
Result<http::Response> create_hook(const Call& call);
Result<http::Response> get_hook(const Call& call);
Result<http::Response> update_hook(const Call& call);
Result<http::Response> get_hook_config(const Call& call);
Result<http::Response> update_hook_config(const Call& call);
Result<http::Response> delete_hook(const Call& call);
Result<http::Response> ping_hook(const Call& call);
Result<http::Response> test_hook(const Call& call);

}  // namespace esclusa::api
