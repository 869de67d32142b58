#include "api/headers.h"
#include "api/request_log.h"
#include "api/serve.h"
#include "app/authentication.h"
#include "base/text.h"
#include "http/conditions.h"

// Where a request is answered: serve.cc has how.

namespace esclusa::api {
namespace {

/// The local sockets have lanes of their own, except for what opens a repository for OpenSSH.
http::Lane lane_of(const http::Request& request, const Match& match) {
  const http::Lane lane = match.route->lane;
  if (lane == http::Lane::loop || request.door == http::Door::network) return lane;
  if (request.door == http::Door::local_admin) return http::Lane::admin;
  return http::opens_repositories(lane) ? lane : http::Lane::keys;
}

/// Who waits for the answer: whoever has these credentials, or, if there are none (empty), the
/// peer. Made-up ones gain nothing: they are refused before anything is asked of git or written. A
/// hash, because queues shall not keep tokens.
std::string owner_of(const http::Request& request) {
  const auto credentials = request.headers.find("Authorization");
  if (!credentials || request.door != http::Door::network) return "";
  return "credentials " + std::to_string(std::hash<std::string_view>()(*credentials));
}

/// The repository, as its path names it.
std::string place_of(const Match& match) {
  if (match.repository_id) return std::to_string(match.repository_id->value);
  std::string place;
  for (const PathParameter& parameter : match.path) {
    if (parameter.name == "owner" || parameter.name == "repo") {
      place += "/" + ascii_lower(parameter.value);
    }
  }
  return place;
}

/// Nothing is left to be done but to send the answer.
http::Plan plan_of(http::Response response) {
  return {.lane = http::Lane::loop,
          .answer = [response = std::move(response)]() mutable { return std::move(response); }};
}

}  // namespace

http::Plan Api::plan(const http::Request& request) {
  if (auto response = answer_again(request)) return plan_of(*std::move(response));
  auto match = routes_.match(request);
  http::Plan plan{.lane = match ? lane_of(request, *match) : http::Lane::loop};
  if (plan.lane == http::Lane::rows && match->route->is_kept) {
    if (auto response = answer_from_kept(request, *match)) return plan_of(*std::move(response));
  }
  if (plan.lane != http::Lane::loop) plan.owner = owner_of(request);
  if (http::opens_repositories(plan.lane)) plan.place = place_of(*match);
  plan.answer = [this, &request, match = std::move(match)] {
    return answer(request, match ? &*match : nullptr);
  };
  return plan;
}

std::optional<http::Response> Api::answer_again(const http::Request& request) {
  const bool is_read = request.method == "GET" || request.method == "HEAD";
  if (!is_read || request.door != http::Door::network) return std::nullopt;
  const auto kept = kept_answers_.find(request, context_.database.moment());
  if (!kept || !app::may_still_act(context_, kept->actor)) return std::nullopt;
  const Timestamp began = context_.now();
  const core::Actor actor = kept->actor.in_request(new_request_id(began));
  RateLimiter::Ticket ticket = count(actor, request, kept->operation, began);
  // What is refused was not counted, and is judged once more.
  if (ticket.refusal() != RateLimiter::Refusal::none) return std::nullopt;
  http::Response response = kept->response;
  apply_conditions(request, response);
  ticket.take_back_if_free(response.status);
  add_own_headers(response, actor.request_id(), ticket.quota());
  const auto took = context_.now() - began;
  figures_.kept_answers.add();
  figures_.note(kept->operation, response.status, took);
  note_agent(request, actor, *kept->operation, response.status, began);
  log_request(request, response,
              {.actor = actor, .operation = kept->operation->name, .took = took});
  if (settings_.on_trace) settings_.on_trace(request, Trace());
  return response;
}

}  // namespace esclusa::api
