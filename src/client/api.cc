#include "client/api.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/ids.h"
#include "base/json_scan.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "client/refusal.h"
#include "core/names.h"

namespace esclusa::client {
namespace {

constexpr auto stop_time = std::chrono::milliseconds(200);  ///< how soon `stop` is noticed
constexpr auto answer_time = std::chrono::seconds(30);      ///< plus the time that the server waits
constexpr std::string_view fence_header = "X-Esclusa-Claim";

/// The string member of an object; empty if it is missing.
std::string text_at(std::string_view object, std::string_view name) {
  const auto raw = find_raw_member(object, name);
  if (!raw) return "";
  const auto json = Json::parse(*raw);
  return json ? json->string().value_or("") : "";
}

/// Parses only the members that are used: the payload may be nested as deeply as JSON may be, and a
/// list adds two levels.
Result<Deployment> read_deployment(std::string_view text) {
  const int64_t id = parse_positive(find_raw_member(text, "id").value_or("")).value_or(0);
  if (id == 0) return fail(ErrorCode::unavailable, "the server's answer is no deployment");
  return Deployment{
      .id = id,
      .ref = text_at(text, "ref"),
      .sha = text_at(text, "sha"),
      .task = text_at(text, "task"),
      .environment = text_at(text, "environment"),
      .original_environment = text_at(text, "original_environment"),
      .description = text_at(text, "description"),
      .creator = text_at(find_raw_member(text, "creator").value_or(""), "login"),
      .created_at = text_at(text, "created_at"),
      .payload = std::string(find_raw_member(text, "payload").value_or("{}")),
      .text = std::string(text),
  };
}

/// The deployment of an answer, whose headers say what it repeats.
Result<Deployment> read_deployment(const http::OutboundResponse& answer) {
  Deployment deployment = TRY(read_deployment(answer.body));
  const auto kind =
      core::from_name<core::DeploymentKind>(answer.headers.find("X-Esclusa-Kind").value_or(""));
  const auto origin = parse_positive(answer.headers.find("X-Esclusa-Origin").value_or(""));
  if (kind && origin) deployment.repeats = core::Repeats{*kind, {*origin}};
  return deployment;
}

Status read_status(const Json& json) {
  return {
      .id = json.integer_at("id").value_or(0),
      .state = json.string_at("state").value_or(""),
      .description = json.string_at("description").value_or(""),
      .log_url = json.string_at("log_url").value_or(""),
      .created_at = json.string_at("created_at").value_or(""),
  };
}

/// The address of a renamed repository. Only on the same server, because the token is sent there.
std::optional<std::string> new_address(const http::OutboundResponse& response,
                                       std::string_view base) {
  if (response.status != 301 && response.status != 307) return std::nullopt;
  auto location = response.headers.find("Location");
  if (!location || !location->starts_with(base)) return std::nullopt;
  return std::string(*location);
}

const char* advice(http::OutboundFailure failure) {
  return failure == http::OutboundFailure::tls
             ? ". An authority of your own is named by --ca-file, ESCLUSA_CA_FILE, or the agent's "
               "`ca_file`"
             : ". Is `esclusa serve` running?";
}

/// Why nobody answers at a socket, and what to do about it.
std::string explain_socket(const std::string& socket, const http::OutboundResponse& response) {
  struct stat about{};
  errno = 0;
  const bool is_there = stat(socket.c_str(), &about) == 0;
  if (errno == ENOENT || errno == ENOTDIR) {
    return "there is no such socket. Is `esclusa serve` running? Name its admin.sock, which is in "
           "the folder run of its data, with --socket or ESCLUSA_SOCKET";
  }
  if (errno == EACCES || (is_there && access(socket.c_str(), R_OK | W_OK) != 0)) {
    return "permission denied. Run this as root, or as the server's user";
  }
  if (is_there && !S_ISSOCK(about.st_mode)) return "it is no socket";
  if (response.failure == http::OutboundFailure::could_not_connect) {
    return "nobody listens there. Is `esclusa serve` running? (systemctl start esclusa)";
  }
  return response.failure_text + advice(response.failure);
}

/// Sends the request, and waits for the answer until `stop` becomes true.
http::OutboundResponse send(const http::OutboundRequest& request, const std::atomic<bool>* stop) {
  if (stop == nullptr) return http::send(request);
  std::optional<http::OutboundResponse> answer;
  http::Sender sender;
  sender.start(request, [&](http::OutboundResponse response) { answer = std::move(response); });
  while (!answer && !*stop) sender.poll(stop_time);
  if (answer) return *std::move(answer);
  http::OutboundResponse stopped;
  stopped.failure = http::OutboundFailure::other;
  stopped.failure_text = "it was not waited for any longer";
  return stopped;
}

std::string deployments_path(const std::string& repository) {
  return "/repos/" + repository + "/deployments";
}

}  // namespace

Result<std::string> repository_path(const std::string& full_name) {
  auto parts = split(full_name, '/');
  if (parts.size() != 2 || parts[0].empty() || !core::check_repository_name(parts[1])) {
    return fail(ErrorCode::invalid, "\"" + full_name + "\" is no OWNER/NAME");
  }
  return percent_encode(parts[0]) + "/" + percent_encode(parts[1]);
}

Result<http::OutboundResponse> Api::exchange(http::OutboundRequest request, const std::string& path,
                                             const std::atomic<bool>* stop) const {
  std::string base = target_.base_url;
  while (base.ends_with('/')) base.pop_back();
  request.url = (target_.unix_socket.empty() ? base : "http://local") + path;
  request.unix_socket = target_.unix_socket;
  request.ca_file = target_.ca_file;
  request.headers.add("Accept", "application/vnd.github+json");
  request.headers.add("User-Agent", "esclusa/" ESCLUSA_VERSION);
  if (!target_.token.empty()) {
    request.headers.add("Authorization", "Bearer " + target_.token.reveal());
  }
  http::OutboundResponse response = send(request, stop);
  if (auto moved = new_address(response, base + "/"); moved && target_.unix_socket.empty()) {
    request.url = *moved;
    response = send(request, stop);
  }
  if (response.failure != http::OutboundFailure::none) {
    const std::string& socket = target_.unix_socket;
    return fail(ErrorCode::unavailable,
                "cannot reach the server at " +
                    (socket.empty() ? base + ": " + response.failure_text + advice(response.failure)
                                    : socket + ": " + explain_socket(socket, response)));
  }
  return response;
}

Result<http::OutboundResponse> Api::request(const std::string& method, const std::string& path,
                                            const std::string& body,
                                            const http::Headers& headers) const {
  http::OutboundRequest request{
      .method = method, .headers = headers, .body = body, .total_time = target_.answer_time};
  if (!body.empty()) request.headers.add("Content-Type", "application/json");
  http::OutboundResponse response = TRY(exchange(std::move(request), path));
  if (response.status < 300) return response;
  return std::unexpected(refusal(response.status, Json::parse(response.body)));
}

Result<Answer> Api::call(const std::string& method, const std::string& path,
                         const std::string& body, const http::Headers& headers) const {
  http::OutboundResponse response = TRY(request(method, path, body, headers));
  auto parsed = Json::parse(response.body.empty() ? "null" : response.body);
  if (!parsed) {
    return fail(ErrorCode::unavailable, "the server's answer to " + path + " is no JSON");
  }
  return Answer{response.status, std::move(response.headers), std::move(*parsed)};
}

std::string body_of(const NewDeployment& input) {
  JsonWriter json;
  json.begin_object()
      .member("ref", input.ref)
      .member("environment", input.environment)
      .member("task", input.task)
      .member("auto_merge", input.auto_merge);
  if (!input.description.empty()) json.member("description", input.description);
  if (input.skip_contexts) json.key("required_contexts").begin_array().end_array();
  json.key("payload").raw(input.payload);
  json.end_object();
  return json.take();
}

http::Headers headers_of(const NewDeployment& input) {
  http::Headers headers;
  if (!input.expected_live.empty()) headers.add("X-Esclusa-Expected-Live", input.expected_live);
  return headers;
}

Result<Deployment> Api::create_deployment(const std::string& repository,
                                          const NewDeployment& input) const {
  const auto answer =
      TRY(request("POST", deployments_path(repository), body_of(input), headers_of(input)));
  if (answer.status == 202) {
    const std::string message = text_at(answer.body, "message");
    return fail(ErrorCode::conflict,
                (message.empty() ? "accepted" : message) + " Run the command again to deploy it.");
  }
  return read_deployment(answer.body);
}

Result<Deployment> Api::get_deployment(const std::string& repository, int64_t id) const {
  const std::string path = deployments_path(repository) + "/" + std::to_string(id);
  return read_deployment(TRY(request("GET", path)));
}

Result<Deployment> Api::repeat_deployment(const std::string& path, const std::string& body) const {
  return read_deployment(TRY(request("POST", path, body)));
}

Result<std::vector<Deployment>> Api::list_deployments(const std::string& repository,
                                                      const std::string& environment,
                                                      int count) const {
  std::string path = deployments_path(repository) + "?per_page=" + std::to_string(count);
  if (!environment.empty()) path += "&environment=" + percent_encode(environment);
  const auto answer = TRY(request("GET", path));
  if (!trim(answer.body).starts_with('[')) {
    return fail(ErrorCode::unavailable, "the server's answer to " + path + " is no list");
  }
  std::vector<Deployment> deployments;
  for (const std::string_view item : raw_elements(answer.body)) {
    deployments.push_back(TRY(read_deployment(item)));
  }
  return deployments;
}

Result<Status> Api::create_status(const std::string& repository, int64_t deployment,
                                  const NewStatus& input) const {
  JsonWriter json;
  json.begin_object().member("state", input.state).member("description", input.description);
  if (!input.log_url.empty()) json.member("log_url", input.log_url);
  if (!input.environment_url.empty()) json.member("environment_url", input.environment_url);
  json.end_object();
  const std::string path =
      deployments_path(repository) + "/" + std::to_string(deployment) + "/statuses";
  http::Headers headers;
  if (!input.idempotency_key.empty()) headers.add("Idempotency-Key", input.idempotency_key);
  if (input.fence != 0) headers.add(fence_header, std::to_string(input.fence));
  const auto answer = TRY(request("POST", path, json.take(), headers));
  return read_status(TRY(Json::parse(answer.body)));
}

Result<std::optional<Status>> Api::latest_status(const std::string& repository,
                                                 int64_t deployment) const {
  auto statuses = TRY(list_statuses(repository, deployment, 1));
  if (statuses.empty()) return std::nullopt;
  return std::move(statuses.front());
}

Result<std::vector<Status>> Api::list_statuses(const std::string& repository, int64_t deployment,
                                               int count) const {
  const std::string path = deployments_path(repository) + "/" + std::to_string(deployment) +
                           "/statuses?per_page=" + std::to_string(count);
  std::vector<Status> statuses;
  for (const Json& item : TRY(call("GET", path)).body.elements()) {
    statuses.push_back(read_status(item));
  }
  return statuses;
}

namespace {

/// Stands for the body of a `deployment` event that the server keeps no longer: it only names the
/// deployment, which is asked for anyway. Empty if the event does not say which it is.
std::string named_deployment(std::string_view event) {
  const auto member = [&](std::string_view name) {
    return std::string(find_raw_member(event, name).value_or("null"));
  };
  const std::string id = member("deployment_id"), repository = member("repository");
  if (!parse_positive(id) || !repository.starts_with('"')) return "";
  return R"({"action":)" + member("action") + R"(,"body_pruned":true,"deployment":{"id":)" + id +
         R"(},"repository":{"full_name":)" + repository + "}}";
}

/// Reads a page without parsing payloads: they may be nested as deeply as JSON may be, and the page
/// adds a few levels.
Result<FeedPage> read_page(std::string_view text) {
  const auto next = find_raw_member(text, "next");
  const auto events = find_raw_member(text, "events");
  if (!next || !events) return fail(ErrorCode::unavailable, "this is no page of a feed");
  FeedPage page;
  page.next = parse_positive(*next).value_or(0);
  for (std::string_view element : raw_elements(*events)) {
    const auto seq = find_raw_member(element, "seq");
    const auto kind = find_raw_member(element, "event");
    const auto payload = find_raw_member(element, "payload");
    if (!seq || !kind || kind->size() < 2 || !payload) {
      return fail(ErrorCode::unavailable, "this is no event of a feed");
    }
    std::string body(*payload);
    if (body == "null" && *kind == R"("deployment")") body = named_deployment(element);
    page.events.push_back({parse_positive(*seq).value_or(0),
                           std::string(kind->substr(1, kind->size() - 2)), std::move(body)});
  }
  return page;
}

}  // namespace

Result<FeedPage> Api::read_events(std::optional<int64_t> after, std::chrono::seconds wait,
                                  const std::atomic<bool>& stop) const {
  std::string path = "/esclusa/events?wait=" + std::to_string(wait.count());
  if (after) path += "&after=" + std::to_string(*after);
  const auto response = TRY(exchange({.total_time = wait + answer_time}, path, &stop));
  if (response.status != 200) {
    return std::unexpected(refusal(response.status, Json::parse(response.body)));
  }
  return read_page(response.body);
}

Result<LogExtent> Api::append_log(const std::string& repository, int64_t deployment, int64_t offset,
                                  const std::string& text, const std::atomic<bool>& stop) const {
  http::OutboundRequest request{.method = "PATCH", .body = text};
  request.headers.add("Content-Type", "text/plain; charset=utf-8");
  const auto response =
      TRY(exchange(std::move(request),
                   "/esclusa" + deployments_path(repository) + "/" + std::to_string(deployment) +
                       "/log?offset=" + std::to_string(offset),
                   &stop));
  const auto size = response.headers.find("Upload-Offset");
  if (!size || (response.status != 200 && response.status != 409)) {
    return std::unexpected(refusal(response.status, Json::parse(response.body)));
  }
  return LogExtent{parse_positive(*size).value_or(0), response.status == 200};
}

namespace {

void wipe(std::string& text) { explicit_bzero(text.data(), text.size()); }

/// A text that is wiped when it goes away.
struct Wiped {
  std::string& text;
  ~Wiped() { wipe(text); }
};

Result<Claim> read_claim(const http::OutboundResponse& answer) {
  const auto json = Json::parse(answer.body);
  const auto fence = json ? json->integer_at("fence") : std::nullopt;
  if (!fence || *fence <= 0) {
    return fail(ErrorCode::unavailable, "the server's answer is no claim of a deployment");
  }
  return Claim{.fence = *fence,
               .state = json->string_at("state").value_or(""),
               .owner = json->string_at("owner").value_or(""),
               .expires_at = json->string_at("expires_at").value_or("")};
}

void write_names(JsonWriter& json, std::string_view member, const WantedNames& names) {
  if (!names) return;
  json.key(member).begin_array();
  for (const std::string& name : *names) json.value(name);
  json.end_array();
}

/// The members of `{"NAME": "value"}`.
Result<GivenValues::Values> read_values(const Json& answer, std::string_view member) {
  const auto object = answer.find(member);
  if (!object || !object->is_object()) {
    return fail(ErrorCode::unavailable, "the server's answer has no " + std::string(member));
  }
  GivenValues::Values values;
  for (const auto& [name, value] : object->members()) {
    values.emplace_back(name, value.string().value_or(""));
  }
  return values;
}

}  // namespace

GivenValues::~GivenValues() {
  for (auto& [name, value] : secrets) wipe(value);
  for (auto& [name, value] : variables) wipe(value);
}

Result<http::OutboundResponse> Api::claim_call(const std::string& method,
                                               const std::string& repository, int64_t deployment,
                                               const std::string& below, int64_t fence,
                                               const std::string& body,
                                               const std::atomic<bool>& stop) const {
  http::OutboundRequest request{.method = method, .body = body, .total_time = target_.answer_time};
  if (!body.empty()) request.headers.add("Content-Type", "application/json");
  if (fence != 0) request.headers.add(fence_header, std::to_string(fence));
  auto response = TRY(exchange(std::move(request),
                               "/esclusa" + deployments_path(repository) + "/" +
                                   std::to_string(deployment) + "/claim" + below,
                               &stop));
  if (response.status < 300) return response;
  return std::unexpected(refusal(response.status, Json::parse(response.body)));
}

Result<Claim> Api::claim(const std::string& repository, int64_t deployment,
                         std::chrono::seconds time, const std::atomic<bool>& stop) const {
  JsonWriter json;
  json.begin_object().member("seconds", static_cast<int64_t>(time.count())).end_object();
  return read_claim(TRY(claim_call("POST", repository, deployment, "", 0, json.take(), stop)));
}

Result<Claim> Api::get_claim(const std::string& repository, int64_t deployment,
                             const std::atomic<bool>& stop) const {
  return read_claim(TRY(claim_call("GET", repository, deployment, "", 0, "", stop)));
}

Result<Claim> Api::keep_claim(const std::string& repository, int64_t deployment, int64_t fence,
                              const std::atomic<bool>& stop) const {
  return read_claim(TRY(claim_call("PUT", repository, deployment, "", fence, "", stop)));
}

Result<void> Api::release_claim(const std::string& repository, int64_t deployment, int64_t fence,
                                const std::atomic<bool>& stop) const {
  TRY(claim_call("DELETE", repository, deployment, "", fence, "", stop));
  return {};
}

Result<GivenValues> Api::claim_values(const std::string& repository, int64_t deployment,
                                      int64_t fence, const WantedNames& secrets,
                                      const WantedNames& variables,
                                      const std::atomic<bool>& stop) const {
  JsonWriter json;
  json.begin_object();
  write_names(json, "secrets", secrets);
  write_names(json, "variables", variables);
  json.end_object();
  auto response =
      TRY(claim_call("POST", repository, deployment, "/secrets", fence, json.take(), stop));
  const Wiped body{response.body};
  const auto answer = Json::parse(response.body);
  // The parser's message could quote a value.
  if (!answer) return fail(ErrorCode::unavailable, "the server's answer with values is no JSON");
  GivenValues values;
  values.secrets = TRY(read_values(*answer, "secrets"));
  values.variables = TRY(read_values(*answer, "variables"));
  return values;
}

}  // namespace esclusa::client
