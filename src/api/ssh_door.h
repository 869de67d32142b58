#pragma once
#include "api/call.h"

/// The handlers of `esclusa ssh keys` and `esclusa ssh serve`, reached through the unix socket for
/// OpenSSH's helpers, which serves nothing else. Whoever may connect there could read the files of
/// every repository anyway; beyond that, the socket only tells the id of a key, and lets the peer
/// write audit rows.
namespace esclusa::api {

Result<http::Response> ssh_find_key(const Call& call);
Result<http::Response> ssh_start_session(const Call& call);
Result<http::Response> ssh_check_session(const Call& call);
Result<http::Response> ssh_begin_push(const Call& call);
Result<http::Response> ssh_finish_push(const Call& call);
Result<http::Response> ssh_end_session(const Call& call);

}  // namespace esclusa::api
