#pragma once
#include "api/call.h"

namespace esclusa::api {

// The feed of events: a page, a long poll, or a live stream, whichever the client asks for.
Result<http::Response> read_events(const Call& call);

}  // namespace esclusa::api
