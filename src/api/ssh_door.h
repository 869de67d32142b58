#pragma once
#include "api/call.h"

/// What `esclusa ssh keys` and `esclusa ssh serve` ask for, through the unix socket of OpenSSH's
/// helpers, which answers nothing else. Who may connect there could read every repository's files
/// anyway; what the socket adds is whom a key belongs to, and what is written down.
namespace esclusa::api {

Result<http::Response> ssh_find_key(const Call& call);
Result<http::Response> ssh_start_session(const Call& call);
Result<http::Response> ssh_check_session(const Call& call);
Result<http::Response> ssh_begin_push(const Call& call);
Result<http::Response> ssh_finish_push(const Call& call);
Result<http::Response> ssh_end_session(const Call& call);

}  // namespace esclusa::api
