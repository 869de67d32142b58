#include "api/serve.h"

#include <algorithm>

#include "api/authentication.h"
#include "api/client_network.h"
#include "api/errors.h"
#include "api/headers.h"
#include "api/rate_limit_answers.h"
#include "api/redirect.h"
#include "app/access.h"
#include "base/log.h"
#include "base/text.h"

namespace esclusa::api {
namespace {

/// Links use the address that the client used, so that the client recognises them, unless the
/// server's address is configured.
wire::Urls urls_for(const http::Request& request, const Settings& settings, bool under_api_v3) {
  std::string base = settings.external_url;
  auto host = request.headers.find("Host");
  if (!settings.external_url_is_fixed && host && http::is_plain_host(*host)) {
    base = (request.secure ? "https://" : "http://") + std::string(*host);
  }
  return {base + (under_api_v3 ? "/api/v3" : ""), base, settings.ssh_address};
}

/// The caller. The unix sockets need no authentication.
Result<core::Principal> authenticate(const app::Context& context, const http::Request& request) {
  if (request.door != http::Door::network) return core::Principal{};
  auto token = find_token(request.headers);
  if (!token) return core::Principal{};
  return app::authenticate(context, token->reveal());
}

/// Each listener serves only its own routes.
bool is_behind(http::Door door, Audience audience) {
  switch (audience) {
    case Audience::local_admin: return door == http::Door::local_admin;
    case Audience::ssh: return door == http::Door::ssh;
    default: return door == http::Door::network;
  }
}

Result<app::RepositoryAccess> open_repository(const Call& call, const Match& match,
                                              const core::Requirement& requirement) {
  if (match.repository_id) {
    return app::open_repository(call.context, call.principal, *match.repository_id, requirement);
  }
  return app::open_repository(call.context, call.principal,
                              {call.parameter("owner"), call.parameter("repo")}, requirement);
}

Result<app::OrganizationAccess> open_organization(const Call& call, const Match& match) {
  const core::Requirement& requirement = match.route->requirement;
  auto open = [&](const auto& address) {
    return app::open_organization(call.context, call.principal, address, requirement);
  };
  if (match.organization_id) return open(*match.organization_id);
  if (match.team_id) return open(*match.team_id);
  return open(call.parameter("org"));
}

/// Judges whether the principal may use the route at all, and opens the repository or organization.
Result<void> admit(Call& call, const Match& match) {
  const Route& route = *match.route;
  if (!is_behind(call.request.door, route.audience)) return app::not_found();
  if (route.audience == Audience::account && !call.principal.account) {
    return fail(ErrorCode::unauthenticated, "Requires authentication");
  }
  if (route.audience == Audience::account && !route.requirement.scopes.empty() &&
      !call.principal.token->scopes.has_any(route.requirement.scopes)) {
    return fail(ErrorCode::forbidden, "Resource not accessible by personal access token",
                "missing_scope");
  }
  if (route.audience == Audience::organization) {
    call.organization_access = TRY(open_organization(call, match));
  }
  if (route.audience != Audience::repository) return {};
  auto access = open_repository(call, match, route.requirement);
  if (!access && access.error().code == ErrorCode::not_found && !route.seen_by.empty() &&
      open_repository(call, match, {core::Role::read, route.seen_by})) {
    return fail(ErrorCode::forbidden, "Resource not accessible by personal access token",
                "missing_scope");
  }
  call.repository_access = TRY(std::move(access));
  return {};
}

/// The repository that formerly had the name in the path, for routes of the network.
Result<std::optional<RepositoryId>> find_renamed(const Call& call, const Match& match) {
  if (call.request.door != http::Door::network || match.repository_id ||
      match.route->audience != Audience::repository) {
    return std::nullopt;
  }
  const Route& route = *match.route;
  return app::find_renamed(
      call.context, call.principal, {call.parameter("owner"), call.parameter("repo")},
      {core::Role::read, route.seen_by.empty() ? route.requirement.scopes : route.seen_by});
}

Result<http::Response> run(Call& call, const Match& match) {
  auto admitted = admit(call, match);
  if (admitted) return match.route->handler(call);
  if (admitted.error().code == ErrorCode::not_found) {
    if (auto id = TRY(find_renamed(call, match))) return moved_response(call, *id);
  }
  return std::unexpected(std::move(admitted).error());
}

void log_request(const http::Request& request, const http::Response& response,
                 const core::Principal& principal, Timestamp began, Timestamp ended) {
  log::info("request", {{"request_id", principal.request_id},
                        {"method", request.method},
                        {"path", request.path()},
                        {"status", response.status},
                        {"microseconds", (ended - began).count()},
                        {"account", principal.account ? principal.account->login : ""},
                        {"peer", request.peer}});
}

}  // namespace

Api::Api(const app::Context& context, const Settings& settings, std::span<const Route> table)
    : context_(context),
      settings_(settings),
      routes_(table),
      rate_limiter_(settings.rate_limits),
      event_streams_(context) {
  check_routes(routes_);
}

bool Api::may_block(const http::Request& request) const {
  auto match = match_route(request, routes_);
  return match && match->route->waits == Waits::yes;
}

http::Response Api::serve(const http::Request& request) {
  if (request.method == "OPTIONS" && request.door == http::Door::network) {
    return finish(request, preflight_response());
  }
  const Timestamp began = context_.now();
  const std::string request_id = new_request_id(began);
  auto version = api_version(request.headers);
  auto principal = authenticate(context_, request);
  auto match = match_route(request, routes_);

  Call call{request,
            context_,
            settings_,
            principal.value_or(core::Principal{}),
            match ? match->path : std::vector<PathParameter>{},
            urls_for(request, settings_, match && match->under_api_v3),
            http::parse_query(request.query()),
            std::nullopt,
            version.value_or(wire::ApiVersion{})};
  call.principal.request_id = request_id;
  auto ticket = count(call, match ? &*match : nullptr, began);
  call.rate_limit = ticket.quota();
  call.event_streams = &event_streams_;
  call.ssh_sessions = &ssh_sessions_;
  call.long_answers = &long_answers_;
  if (match) {
    call.organization_id = match->organization_id;
    call.team_id = match->team_id;
  }
  const std::string_view documentation = match ? match->route->documentation : "";

  http::Response response;
  if (!version) {
    response = error_response(version.error(), "");
  } else if (ticket.refusal() != RateLimiter::Refusal::none) {
    response = rate_limit_refusal(ticket, call.principal, request.peer);
  } else if (!principal) {
    response = refuse_login(request, principal.error(), began);
  } else if (!call.query.is_whole) {
    // A parameter that cannot be decoded must not count as absent: for a malformed ref, the answer
    // would be about the default branch.
    response = error_response(
        Error{ErrorCode::bad_request, "Problems parsing the query", "bad_request", {}, {}}, "");
  } else if (!match) {
    response = error_response(Error{ErrorCode::not_found, "Not Found", {}, {}, {}}, "");
  } else if (auto answer = run(call, *match)) {
    response = std::move(*answer);
    if (!response.stream) apply_conditions(request, response);
  } else {
    response = error_response(answer.error(), documentation);
  }
  if (response.status == 304) ticket.take_back();
  std::optional<std::string_view> accepted;
  if (match) accepted = match->route->accepted_scopes;
  add_common_headers(
      request, response,
      {request_id, version ? core::to_name(*version) : "", call.principal, accepted});
  add_rate_limit_headers(response, ticket.quota());
  log_request(request, response, call.principal, began, context_.now());
  return response;
}

RateLimiter::Ticket Api::count(const Call& call, const Match* match, Timestamp now) {
  if (!settings_.rate_limits.enabled || call.request.door != http::Door::network) return {};
  RateClient client;
  if (call.principal.account) client.account = call.principal.account->id;
  if (!client.account) client.network = client_network(call.request.peer);
  const std::string& method = call.request.method;
  RequestKind kind = RequestKind::write;
  if (method == "GET" || method == "HEAD") kind = RequestKind::read;
  if (method == "POST") kind = RequestKind::create;
  if (match && match->route->pattern == rate_limit_path) kind = RequestKind::uncounted;
  return rate_limiter_.admit(std::move(client), kind, now);
}

http::Response Api::refuse_login(const http::Request& request, Error error, Timestamp now) {
  if (error.code == ErrorCode::unauthenticated && failed_logins_.note(request.peer, now)) {
    error = {ErrorCode::forbidden,
             "Maximum number of login attempts exceeded. Please try again later.",
             "too_many_login_attempts",
             {},
             {}};
  }
  return error_response(error, "");
}

http::Response Api::refuse(const http::Request& request, int status) const {
  Error error;
  switch (status) {
    case 413:
      error = {ErrorCode::too_large, "Request body is too large", "body_too_large", {}, {}};
      break;
    case 503: error = {ErrorCode::unavailable, "The server is busy", "overloaded", {}, {}}; break;
    case 500: error = {ErrorCode::internal, "Server Error", "internal_error", {}, {}}; break;
    default: error = {ErrorCode::bad_request, "Bad Request", "bad_request", {}, {}}; break;
  }
  return finish(request, error_response(error, "", status));
}

http::Response Api::finish(const http::Request& request, http::Response response) const {
  const Timestamp now = context_.now();
  core::Principal nobody;
  nobody.request_id = new_request_id(now);
  add_common_headers(request, response, {nobody.request_id, "", nobody, std::nullopt});
  log_request(request, response, nobody, now, now);
  return response;
}

}  // namespace esclusa::api
