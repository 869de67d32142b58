#include "agent/listener.h"

#include <algorithm>
#include <map>
#include <utility>

#include "agent/served_file.h"
#include "base/json_writer.h"
#include "base/log.h"
#include "base/text.h"
#include "core/names.h"

namespace esclusa::agent {
namespace {

constexpr std::string_view logs_path = "/logs/";

http::Response json_response(int status, std::string_view message) {
  JsonWriter json;
  json.begin_object().member("message", message).end_object();
  return {status, {{"Content-Type", "application/json; charset=utf-8"}}, json.take() + "\n"};
}

http::Response text_response(std::string text) {
  return {200,
          {{"Content-Type", "text/plain; charset=utf-8"},
           {"X-Content-Type-Options", "nosniff"},
           {"Content-Security-Policy", "default-src 'none'"},
           {"Cache-Control", "no-store"}},
          std::move(text)};
}

/// The JSON of a delivery of either content type; `nullopt` for other types.
std::optional<std::string> event_text(const http::Request& request) {
  const std::string_view type = request.headers.find("Content-Type").value_or("");
  const std::string media = ascii_lower(trim(type.substr(0, type.find(';'))));
  if (media == "application/json") return request.body;
  if (media != "application/x-www-form-urlencoded") return std::nullopt;
  return http::find_parameter(http::parse_query(request.body), "payload");
}

std::string_view reason(int status) {
  switch (status) {
    case 408: return "The request took too long";
    case 413: return "The body is too large";
    case 414: return "The URL is too long";
    case 431: return "The header is too large";
    case 500: return "A bug in the agent";
    case 503: return "The agent is busy; try again";
    default: return "Bad request";
  }
}

}  // namespace

http::Response Listener::refuse(int status) { return json_response(status, reason(status)); }

http::Response Listener::handle(const http::Request& request) const {
  const std::string_view path = request.path();
  const bool is_read = request.method == "GET" || request.method == "HEAD";
  if (path == "/events") {
    if (request.method == "POST") return take_event(request);
    http::Response response = json_response(405, "Send webhook events here, with POST");
    response.headers.add("Allow", "POST");
    return response;
  }
  if (is_read && path == "/") {
    return text_response("This is an Esclusa agent. It takes webhook events at /events.\n");
  }
  if (is_read && path.starts_with(logs_path)) {
    return show_log(request, path.substr(logs_path.size()));
  }
  return json_response(404, "Not Found");
}

std::vector<const Rule*> Listener::signers(const Config& config, const http::Request& request) {
  const auto signature = request.headers.find("X-Hub-Signature-256");
  std::map<std::string_view, bool> judged;  // several entries may have the same secret
  std::vector<const Rule*> found;
  for (const Rule& rule : config.rules) {
    const auto [known, is_new] = judged.try_emplace(rule.secret.reveal(), false);
    if (is_new) known->second = is_signed(rule.secret, signature, request.body);
    if (known->second) found.push_back(&rule);
  }
  return found;
}

http::Response Listener::take_event(const http::Request& request) const {
  const auto config = config_.get();  // the entries below are parts of it
  const auto signed_by = signers(*config, request);
  if (signed_by.empty()) {
    log::warning("an event without a valid signature was refused", {{"peer", request.peer}});
    return json_response(401,
                         "X-Hub-Signature-256 is missing or wrong. Give the webhook the secret "
                         "that is in the agent's secret_file.");
  }
  const std::string_view event = request.headers.find("X-GitHub-Event").value_or("");
  if (event == "ping") return json_response(200, "pong");
  if (event != "deployment") return json_response(200, "Ignored: not a deployment event");
  auto text = event_text(request);
  if (!text) {
    return json_response(415,
                         "Content-Type must be application/json, or "
                         "application/x-www-form-urlencoded with `payload`");
  }
  return take_deployment(std::move(*text), signed_by);
}

http::Response Listener::take_deployment(std::string body,
                                         const std::vector<const Rule*>& signers) const {
  const auto is_signer_of = [&](std::string_view repository) {
    return std::ranges::any_of(signers, [&](const Rule* rule) {
      return core::fold_case(rule->repository) == core::fold_case(repository);
    });
  };
  const auto [taken, message] = intake_.take(std::move(body), is_signer_of);
  switch (taken) {
    case Taken::accepted: return json_response(202, message);
    case Taken::known:
    case Taken::ignored:
    // A retry would fail in the same way, and would only hold up the deliveries behind it.
    case Taken::unreadable: return json_response(200, message);
    // Refuses only this event: after 401 and 404 the sender would stop deliveries of an
    // organization's hook, even those that are signed correctly.
    case Taken::refused: return json_response(422, message);
    case Taken::failed: break;
  }
  return refuse(503);
}

http::Response Listener::show_log(const http::Request& request, std::string_view key) const {
  const auto file = work_.find_log(key);
  if (!file) return json_response(404, "Not Found");
  auto answer = serve_file(*file, request, logs_);
  if (answer) return *std::move(answer);
  return answer.error().code == ErrorCode::not_found ? json_response(404, "Not Found")
                                                     : refuse(503);
}

}  // namespace esclusa::agent
