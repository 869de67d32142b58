#include "api/rate_limit_answers.h"

#include "api/errors.h"
#include "api/route_tables.h"
#include "core/operations/server.h"
#include "wire/rate_limit.h"

namespace esclusa::api {
namespace {

/// Who asked too often, as GitHub says it.
std::string client_text(const core::Actor& actor, std::string_view peer) {
  if (const core::InstallationGrant* grant = actor.installation()) {
    return "installation ID " + std::to_string(grant->installation.id.value) + ".";
  }
  if (const core::AgentGrant* agent = actor.agent()) {
    return "agent token ID " + std::to_string(agent->token.id.value) + ".";
  }
  if (actor.app() != nullptr) return "app ID " + std::to_string(actor.app()->id.value) + ".";
  if (actor.account() != nullptr) {
    return "user ID " + std::to_string(actor.sender().id.value) + ".";
  }
  return std::string(peer) +
         ". (But here's the good news: Authenticated requests get a higher rate limit. "
         "Check out the documentation for more details.)";
}

}  // namespace

http::Response rate_limit_refusal(const RateLimiter::Ticket& ticket, const core::Actor& actor,
                                  std::string_view peer) {
  constexpr std::string_view page = "using-the-rest-api/rate-limits-for-the-rest-api";
  if (ticket.refusal() == RateLimiter::Refusal::secondary) {
    http::Response response = error_response({ErrorCode::forbidden,
                                              "You have exceeded a secondary rate limit. Please "
                                              "wait a few minutes before you try again.",
                                              "secondary_rate_limit",
                                              {},
                                              {}},
                                             std::string(page) + "#about-secondary-rate-limits");
    response.headers.add("Retry-After", std::to_string(ticket.retry_after().count()));
    return response;
  }
  const std::string message = "API rate limit exceeded for " + client_text(actor, peer);
  return error_response({ErrorCode::forbidden, message, "rate_limit", {}, {}}, page);
}

namespace {

/// `GET /rate_limit`; 404 while limits are off, as on an Enterprise server.
Result<http::Response> get_rate_limit(const Call& call) {
  if (!call.rate_limit) {
    return fail(ErrorCode::not_found, "Rate limiting is not enabled.", "rate_limit_disabled");
  }
  JsonWriter json;
  wire::write_rate_limit(json, *call.rate_limit, call.version);
  http::Response response = json_response(200, std::move(json));
  response.headers.add("Cache-Control", "no-cache");  // it changes with every other request
  return response;
}

// clang-format off
const Route table[] = {
    {"GET", "/rate_limit", &operations::get_rate_limit, "", Lane::loop,
     "rate-limit/rate-limit#get-rate-limit-status-for-the-authenticated-user", get_rate_limit},
};
// clang-format on

}  // namespace

std::span<const Route> rate_limit_answers_routes() { return table; }

}  // namespace esclusa::api
