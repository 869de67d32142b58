#pragma once
#include "api/call.h"

namespace esclusa::api {

Result<http::Response> list_hook_deliveries(const Call& call);
Result<http::Response> get_hook_delivery(const Call& call);
Result<http::Response> redeliver(const Call& call);

// Not on GitHub, below `/esclusa`: the deliveries of one event.
Result<http::Response> list_event_deliveries(const Call& call);
Result<http::Response> replay_deliveries(const Call& call);

}  // namespace esclusa::api
