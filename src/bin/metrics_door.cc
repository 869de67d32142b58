#include "bin/metrics_door.h"

#include <pthread.h>

#include "api/headers.h"
#include "base/small_file.h"
#include "base/text.h"

namespace esclusa {
namespace {

constexpr size_t token_chars_min = 16;
constexpr size_t token_file_bytes = 4096;

http::Response plain(int status, std::string text) {
  return {status, {{"Content-Type", "text/plain; charset=utf-8"}}, std::move(text)};
}

/// Whether the client takes text. Prometheus names other forms too, which it likes better.
bool accepts_text(const http::Request& request) {
  const std::string accept = ascii_lower(request.headers.find("Accept").value_or(""));
  return accept.empty() || accept.contains("text/plain") || accept.contains("text/*") ||
         accept.contains("*/*");
}

http::Response answer(Metrics& metrics, const http::Request& request) {
  if (!accepts_text(request)) return plain(406, "The figures are text/plain.\n");
  http::Response response{200,
                          {{"Content-Type", Metrics::content_type}, {"Cache-Control", "no-store"}}};
  response.parts.push_back(metrics.scrape());
  return response;
}

http::Plan plan_of(Metrics& metrics, const http::Request& request) {
  return {.lane = http::Lane::admin, .owner = "metrics", .answer = [&metrics, &request] {
            return answer(metrics, request);
          }};
}

bool asks_for_figures(const http::Request& request) {
  return request.path() == "/metrics" && (request.method == "GET" || request.method == "HEAD");
}

http::Service service_of(Metrics& metrics) {
  http::Service service;
  service.plan = [&metrics](const http::Request& request) {
    if (asks_for_figures(request)) return plan_of(metrics, request);
    return http::Plan{.lane = http::Lane::loop,
                      .answer = [] { return plain(404, "Here is /metrics, and nothing else.\n"); }};
  };
  service.refuse = [](const http::Request&, int status) {
    return plain(status, "The request was refused.\n");
  };
  return service;
}

/// Nobody but Prometheus comes here.
http::ServerLimits small_limits() {
  http::ServerLimits limits;
  limits.connection_count = 32;
  limits.body_bytes = 1024;
  limits.backlog_time = std::chrono::milliseconds(0);
  for (http::LaneLimits& lane : limits.lanes) lane.queued = 32;
  return limits;
}

}  // namespace

Result<std::optional<Secret>> read_metrics_token(const ServerSettings& settings) {
  if (!settings.metrics_token.empty()) return settings.metrics_token;
  if (settings.metrics_token_file.empty()) return std::nullopt;
  const std::string name = settings.metrics_token_file.string();
  const auto text = read_small_file(settings.metrics_token_file, token_file_bytes);
  if (!text) {
    return fail(ErrorCode::invalid, "cannot read the token of metrics.token_file, " + name + ": " +
                                        text.error().message);
  }
  const std::string_view token = trim(*text);
  if (token.size() < token_chars_min || token.find_first_of(" \t\r\n") != token.npos) {
    return fail(ErrorCode::invalid, "the file of metrics.token_file, " + name +
                                        ", should hold one token of at least " +
                                        std::to_string(token_chars_min) +
                                        " characters: `openssl rand -hex 32` makes one");
  }
  return Secret(std::string(token));
}

std::optional<http::Response> MetricsDoor::refuse(const http::Request& request,
                                                  const Secret& token) {
  const std::string_view given = request.headers.find("Authorization").value_or("");
  if (given.empty()) return api_.refuse(request, 401);
  constexpr std::string_view scheme = "bearer ";
  const bool is_bearer = ascii_lower(given.substr(0, scheme.size())) == scheme;
  if (is_bearer && equal_in_constant_time(trim(given.substr(scheme.size())), token.reveal())) {
    return std::nullopt;
  }
  return api_.refuse_credentials(request);
}

std::optional<http::Plan> MetricsDoor::plan(const http::Request& request) {
  if (!asks_for_figures(request) || request.door == http::Door::ssh) return std::nullopt;
  if (request.door != http::Door::network) return plan_of(metrics_, request);
  const auto token = token_.get();
  if (token == nullptr) return std::nullopt;
  if (auto refused = refuse(request, *token)) {
    return http::Plan{.lane = http::Lane::loop,
                      .answer = [response = *std::move(refused)] { return response; }};
  }
  return plan_of(metrics_, request);
}

MetricsListener::MetricsListener(Metrics& metrics) : server_(service_of(metrics), small_limits()) {}

MetricsListener::~MetricsListener() {
  if (!thread_.joinable()) return;
  server_.stop();
  server_.stop();  // at once: a scrape that is missed is no loss
  thread_.join();
}

Result<std::string> MetricsListener::start(const std::string& host, uint16_t port) {
  const uint16_t chosen = TRY(server_.listen(host, port));
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "metrics");
    server_.run();
  });
  const bool is_v6 = host.find(':') != host.npos;
  return "http://" + (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(chosen) + "/metrics";
}

}  // namespace esclusa
