#pragma once
#include "api/call.h"

namespace esclusa::api {

Result<http::Response> list_hook_deliveries(const Call& call);
Result<http::Response> get_hook_delivery(const Call& call);
Result<http::Response> redeliver(const Call& call);

// Ours, below `/esclusa`: the same by event.
Result<http::Response> list_event_deliveries(const Call& call);
Result<http::Response> replay_deliveries(const Call& call);

}  // namespace esclusa::api
