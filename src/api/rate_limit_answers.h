#pragma once
#include "api/call.h"

/// Rate limits in answers to clients.
namespace esclusa::api {

/// GitHub's 403 for a refused ticket, with `Retry-After` after a secondary refusal.
http::Response rate_limit_refusal(const RateLimiter::Ticket& ticket, const core::Actor& actor,
                                  std::string_view peer);

}  // namespace esclusa::api
