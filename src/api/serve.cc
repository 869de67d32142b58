#include "api/serve.h"

#include "api/authentication.h"
#include "api/errors.h"
#include "api/headers.h"
#include "api/rate_limit_answers.h"
#include "api/redirect.h"
#include "api/request_log.h"
#include "app/access.h"
#include "app/authentication.h"
#include "base/system_user.h"
#include "base/text.h"
#include "base/trace.h"
#include "core/operations/server.h"
#include "http/client_network.h"
#include "http/conditions.h"

namespace esclusa::api {
namespace {

using core::Audience;

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

/// The token that a request through the network carries.
std::optional<Secret> token_of(const http::Request& request) {
  return request.door == http::Door::network ? find_token(request.headers) : std::nullopt;
}

/// The caller. The unix sockets need no authentication: the socket says who it is. `db` is null
/// where the request asks for no rows; then a token lacks the shape of one.
Result<core::Actor> authenticate(const app::Context& context, app::Reader* db,
                                 const http::Request& request, const std::optional<Secret>& token) {
  const Span span("authenticate");
  if (request.door == http::Door::local_admin) {
    return core::Actor::local_administrator(
        request.system_user ? system_user_name(*request.system_user) : "");
  }
  if (!token) return core::Actor::nobody();
  if (db == nullptr) return fail(ErrorCode::unauthenticated, "Bad credentials");
  return app::authenticate(context, *db, token->reveal());
}

/// Each listener serves only its own operations.
bool is_behind(http::Door door, Audience audience) {
  switch (audience) {
    case Audience::local_admin: return door == http::Door::local_admin;
    case Audience::ssh: return door == http::Door::ssh;
    default: return door == http::Door::network;
  }
}

/// Whether the request asks for any row of the database. What the server says of itself does not,
/// nor do most refusals, so that a client hears them also while the database cannot be read.
bool asks_for_rows(const http::Request& request, const std::optional<Secret>& token,
                   const Match* match) {
  if (token) return app::has_credential_shape(token->reveal());
  if (match == nullptr || !is_behind(request.door, match->route->operation->audience)) return false;
  switch (match->route->operation->audience) {
    case Audience::repository:
    case Audience::organization: return true;
    case Audience::account:
    case Audience::app:
    case Audience::installation: return false;  // a refusal, as there is no token
    default: return std::holds_alternative<ReadHandler>(match->route->handler);
  }
}

app::RepositoryName repository_name(const Call& call) {
  return {call.parameter("owner"), call.parameter("repo")};
}

app::RepositoryPlace repository_place(const Call& call, const Match& match) {
  if (match.repository_id) return *match.repository_id;
  return repository_name(call);
}

app::OrganizationPlace organization_place(const Call& call, const Match& match) {
  if (match.organization_id) return *match.organization_id;
  if (match.team_id) return *match.team_id;
  return call.parameter("org");
}

/// An app that signs for itself may ask only for what is about itself, and for what everybody may
/// ask. Elsewhere it needs a token of one of its installations.
Result<void> check_app_stays(const core::Actor& actor, Audience audience) {
  const bool is_app = actor.app() != nullptr && actor.installation() == nullptr;
  if (!is_app || audience == Audience::app || audience == Audience::anyone) return {};
  return fail(ErrorCode::unauthenticated, "Bad credentials", "app_without_installation");
}

/// Judges whether the actor may do it, and enters the repository or organization.
Result<void> admit(app::Reader* db, Call& call, const Match& match) {
  const Span span("enter");
  const core::Operation& operation = *match.route->operation;
  if (!is_behind(call.request.door, operation.audience)) return app::not_found();
  TRY(check_app_stays(call.actor, operation.audience));
  switch (operation.audience) {
    case Audience::account: return core::check_account_access(call.actor, operation);
    case Audience::app: return core::check_app_access(call.actor);
    case Audience::installation: return core::check_installation_access(call.actor);
    case Audience::organization:
      call.organization_access =
          TRY(app::enter(*db, call.actor, organization_place(call, match), operation));
      return {};
    case Audience::repository:
      call.repository_access =
          TRY(app::enter(*db, call.actor, repository_place(call, match), operation));
      return {};
    default: return {};
  }
}

/// The repository that formerly had the name in the path, for routes of the network.
std::optional<RepositoryId> find_renamed(app::Reader* db, const Call& call, const Match& match) {
  const core::Operation& operation = *match.route->operation;
  if (call.request.door != http::Door::network || match.repository_id ||
      operation.audience != Audience::repository) {
    return std::nullopt;
  }
  return app::find_renamed(*db, call.actor, repository_name(call), operation);
}

}  // namespace

Api::Api(const app::Context& context, const Settings& settings, std::span<const Route> table)
    : context_(context),
      settings_(settings),
      routes_(table),
      figures_(table),
      rate_limiter_(settings.rate_limits),
      event_streams_(context, [this](const core::Actor& actor) {
        agents_seen_.note_follows(actor, context_.now());
      }) {
  check_routes(table);
}

http::Response Api::serve(const http::Request& request) {
  http::Response response = plan(request).answer();
  response.join();
  return response;
}

bool Api::may_send_much(const http::Request& request) const {
  if (request.door != http::Door::network) return true;
  const std::optional<Secret> token = token_of(request);
  return token && app::has_credential_shape(token->reveal()) &&
         context_.database
             .read(
                 [&](app::Reader& db) { return app::authenticate(context_, db, token->reveal()); })
             .has_value();
}

/// A request on its way through `answer`.
struct Api::Walk {
  Call call;
  const Match* match;  ///< null: no route has that path
  Timestamp began;
  Result<wire::ApiVersion> version;
  std::optional<Secret> token;
  std::optional<RateLimiter::Ticket> ticket = {};
  std::optional<http::Response> refused = {};  ///< the answer, if it goes no further
  std::optional<app::Sources> sources = {};    ///< all that was looked at, if all was found kept
  app::SnapshotMoment moment = {};             ///< of that
  Trace trace = {};

  std::string_view documentation() const {
    return match != nullptr ? match->route->documentation : "";
  }
  void add_common_headers_to(http::Response& response) const {
    CommonHeaders common{call.actor, version ? core::to_name(*version) : "", std::nullopt};
    if (match != nullptr) {
      common.accepted_scopes = match->route->accepted_scopes;
      if (call.actor.installation() != nullptr) {
        common.accepted_permissions = core::to_text(match->route->operation->permissions);
      }
    }
    add_common_headers(call.request, response, common);
  }
};

Call Api::make_call(const http::Request& request, const Match* match, Timestamp now) {
  Call call{.request = request,
            .context = context_,
            .settings = settings_,
            .actor = core::Actor::nobody().in_request(new_request_id(now)),
            .urls = urls_for(request, settings_, match != nullptr && match->under_api_v3),
            .query = http::parse_query(request.query()),
            .event_streams = &event_streams_,
            .ssh_sessions = &ssh_sessions_,
            .long_lists = &long_lists_,
            .archives = &archives_};
  if (match == nullptr) return call;
  call.path = match->path;
  call.repository_id = match->repository_id;
  call.organization_id = match->organization_id;
  call.team_id = match->team_id;
  return call;
}

std::optional<http::Response> Api::refuse_early(const Result<core::Actor>& actor, Walk& walk) {
  Call& call = walk.call;
  if (actor) call.actor = actor->in_request(call.actor.request_id());
  walk.ticket.emplace(count(call.actor, call.request,
                            walk.match != nullptr ? walk.match->route->operation : nullptr,
                            walk.began));
  call.rate_limit = walk.ticket->quota();
  if (!walk.version) return error_response(walk.version.error(), "");
  if (walk.ticket->refusal() != RateLimiter::Refusal::none) {
    figures_.rate_limited.add();
    return rate_limit_refusal(*walk.ticket, call.actor, call.request.peer);
  }
  if (!actor) return refuse_login(call.request, actor.error(), walk.began);
  if (!call.query.is_whole) {
    // What was left out must not be taken for absent: a ref that is none would be answered with the
    // default branch.
    return error_response(
        Error{ErrorCode::bad_request, "Problems parsing the query", "bad_request", {}, {}}, "");
  }
  if (walk.match != nullptr) return std::nullopt;
  return error_response(Error{ErrorCode::not_found, "Not Found", {}, {}, {}}, "");
}

/// Admits the call, and lets a handler answer that only reads rows; gives any other handler.
Result<Api::Judged> Api::judge(app::Reader* db, Call& call, const Match& match) {
  if (auto admitted = admit(db, call, match); !admitted) {
    if (admitted.error().code == ErrorCode::not_found) {
      if (auto id = find_renamed(db, call, match)) return moved_response(call, *id);
    }
    return std::unexpected(std::move(admitted).error());
  }
  const auto* reads = std::get_if<ReadHandler>(&match.route->handler);
  if (reads == nullptr) return std::get<Handler>(match.route->handler);
  const Span span("handle");
  return TRY((*reads)(call, *db));
}

http::Response Api::answer(const http::Request& request, const Match* match) {
  if (request.method == "OPTIONS" && request.door == http::Door::network) {
    return finish(request, preflight_response());
  }
  Walk walk = begin(request, match);
  const Trace::Under under(walk.trace);
  auto judged = asks_for_rows(request, walk.token, walk.version ? match : nullptr)
                    ? context_.database.read([&](app::Reader& db) {
                        return match != nullptr && match->route->is_kept ? look_and_note(db, walk)
                                                                         : look(&db, walk);
                      })
                    : look(nullptr, walk);
  return conclude(walk, std::move(judged));
}

std::optional<http::Response> Api::answer_from_kept(const http::Request& request,
                                                    const Match& match) {
  Walk walk = begin(request, &match);
  const Trace::Under under(walk.trace);
  std::optional<Result<Judged>> judged;
  if (!context_.database.read_kept(
          [&](app::Reader& db) { judged.emplace(look_and_note(db, walk)); })) {
    if (walk.ticket) walk.ticket->undo();  // it will be counted when it is answered
    return std::nullopt;
  }
  return conclude(walk, *std::move(judged));
}

Api::Walk Api::begin(const http::Request& request, const Match* match) {
  const Timestamp began = context_.now();
  Walk walk{make_call(request, match, began), match, began, api_version(request.headers),
            token_of(request)};
  walk.call.version = walk.version.value_or(wire::ApiVersion{});
  return walk;
}

Result<Api::Judged> Api::look_and_note(app::Reader& db, Walk& walk) {
  app::NotingReader noting(db);
  auto judged = look(&noting, walk);
  walk.sources = noting.sources();
  walk.moment = db.moment();
  return judged;
}

Result<Api::Judged> Api::look(app::Reader* db, Walk& walk) {
  walk.refused = refuse_early(authenticate(context_, db, walk.call.request, walk.token), walk);
  if (walk.refused) return Judged{};
  return judge(db, walk.call, *walk.match);
}

http::Response Api::conclude(Walk& walk, Result<Judged> judged) {
  const http::Request& request = walk.call.request;
  if (!judged && !walk.ticket) {  // the database cannot be read: that lifts no limit
    walk.refused = refuse_early(walk.token ? std::unexpected(judged.error())
                                           : authenticate(context_, nullptr, request, walk.token),
                                walk);
  }
  http::Response response;
  if (walk.refused) {
    response = *std::move(walk.refused);
  } else if (auto answered = finish_handling(walk.call, std::move(judged))) {
    response = *std::move(answered);
    keep(walk, response);
    apply_conditions(request, response);
  } else {
    response = error_response(answered.error(), walk.documentation());
  }
  complete(walk, response);
  if (settings_.on_trace) settings_.on_trace(request, walk.trace);
  return response;
}

/// What asks git or writes does so here, after the snapshot: holding it would hold back
/// checkpoints.
Result<http::Response> Api::finish_handling(const Call& call, Result<Judged> judged) {
  if (!judged) return std::unexpected(std::move(judged).error());
  if (const auto* handler = std::get_if<Handler>(&*judged)) {
    const Span span("handle");
    return (*handler)(call);
  }
  return std::get<http::Response>(*std::move(judged));
}

/// Keeps what was found kept in all its parts, and so is likely to be asked for again.
void Api::keep(const Walk& walk, http::Response& response) {
  const bool can_be_kept =
      walk.sources && response.status == 200 && !response.stream && response.headers.has("ETag");
  if (!can_be_kept) return;
  walk.add_common_headers_to(response);
  kept_answers_.keep(walk.call.request, walk.moment, *walk.sources,
                     {walk.call.actor, walk.match->route->operation, response});
}

void Api::note_agent(const http::Request& request, const core::Actor& actor,
                     const core::Operation& operation, int status, Timestamp now) {
  const bool may_be_agent = actor.agent() != nullptr || actor.token() != nullptr;
  if (!may_be_agent || status >= 400) return;
  agents_seen_.note(actor, operation, request.peer, request.headers.find("User-Agent").value_or(""),
                    now);
}

void Api::complete(Walk& walk, http::Response& response) {
  const Call& call = walk.call;
  const core::Operation* operation = walk.match != nullptr ? walk.match->route->operation : nullptr;
  const Timestamp now = context_.now();
  figures_.note(operation, response.status, now - walk.began);
  if (operation != nullptr) note_agent(call.request, call.actor, *operation, response.status, now);
  if (walk.ticket) walk.ticket->take_back_if_free(response.status);
  if (!response.more_headers) walk.add_common_headers_to(response);
  add_own_headers(response, call.actor.request_id(),
                  walk.ticket ? walk.ticket->quota() : std::nullopt);
  log_request(call.request, response,
              {.actor = call.actor,
               .operation = operation != nullptr ? operation->name : "",
               .statement_count = walk.trace.total(Trace::Count::statement),
               .took = now - walk.began});
}

RateLimiter::Ticket Api::count(const core::Actor& actor, const http::Request& request,
                               const core::Operation* operation, Timestamp now) {
  if (!rate_limiter_.is_enabled() || request.door != http::Door::network) return {};
  RateClient client;
  if (const core::InstallationGrant* grant = actor.installation()) {
    client.installation = grant->installation.id;
  } else if (const core::AgentGrant* agent = actor.agent()) {
    client.agent = agent->token.id;
  } else if (const core::App* app = actor.app()) {
    client.account = app->bot.id;
  } else if (actor.account() != nullptr) {
    client.account = actor.account()->id;
  } else {
    client.network = http::client_network(request.peer);
  }
  const std::string& method = request.method;
  RequestKind kind = RequestKind::write;
  if (method == "GET" || method == "HEAD") kind = RequestKind::read;
  if (method == "POST") kind = RequestKind::create;
  if (operation == &core::operations::get_rate_limit) kind = RequestKind::uncounted;
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

http::Response Api::refuse_credentials(const http::Request& request) {
  const Error error{ErrorCode::unauthenticated, "Bad credentials", {}, {}, {}};
  return finish(request, refuse_login(request, error, context_.now()));
}

http::Response Api::refuse(const http::Request& request, int status) {
  Error error;
  switch (status) {
    case 413:
      error = {ErrorCode::too_large, "Request body is too large", "body_too_large", {}, {}};
      break;
    case 401: error = {ErrorCode::unauthenticated, "Requires authentication", {}, {}, {}}; break;
    case 503: error = {ErrorCode::unavailable, "The server is busy", "overloaded", {}, {}}; break;
    case 500: error = {ErrorCode::internal, "Server Error", "internal_error", {}, {}}; break;
    default: error = {ErrorCode::bad_request, "Bad Request", "bad_request", {}, {}}; break;
  }
  return finish(request, error_response(error, "", status));
}

http::Response Api::finish(const http::Request& request, http::Response response) {
  const Timestamp now = context_.now();
  figures_.note_refused(response.status);
  const core::Actor nobody = core::Actor::nobody().in_request(new_request_id(now));
  add_common_headers(request, response, {nobody, "", std::nullopt});
  add_own_headers(response, nobody.request_id(), std::nullopt);
  log_request(request, response, {.actor = nobody, .operation = ""});
  return response;
}

}  // namespace esclusa::api
