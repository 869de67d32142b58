#pragma once
#include "api/call.h"

/// Rate limits in answers to clients.
namespace esclusa::api {

/// GitHub's 403 for a refused ticket, with `Retry-After` after a secondary refusal.
http::Response rate_limit_refusal(const RateLimiter::Ticket& ticket,
                                  const core::Principal& principal, std::string_view peer);

/// Adds `X-RateLimit-…`; adds nothing while limits are off.
void add_rate_limit_headers(http::Response& response, const std::optional<Quota>& quota);

/// Requests to this path are not counted.
inline constexpr std::string_view rate_limit_path = "/rate_limit";
/// `GET /rate_limit`; 404 while limits are off, as on an Enterprise server.
Result<http::Response> get_rate_limit(const Call& call);

}  // namespace esclusa::api
