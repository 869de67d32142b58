#pragma once
#include <algorithm>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "client/api.h"
#include "http/server.h"

/// For tests: bodies of events, and a server with deployments and statuses, as on GitHub, and with
/// Esclusa's claims once `have_claims` was called.
namespace esclusa::agent::testing {

struct EventFields {
  int64_t id = 1;
  std::string repository = "demo/shop";
  std::string environment = "staging";  ///< this and the others are inserted without escaping
  std::string task = "deploy";
  std::string ref = "main";
  std::string sha = std::string(40, 'a');
  std::string payload = "{}";
};

inline std::string event_body(const EventFields& fields) {
  return R"({"action":"created","deployment":{"id":)" + std::to_string(fields.id) + R"(,"sha":")" +
         fields.sha + R"(","ref":")" + fields.ref + R"(","task":")" + fields.task +
         R"(","original_environment":")" + fields.environment + R"(","payload":)" + fields.payload +
         R"(},"repository":{"full_name":")" + fields.repository + R"("}})";
}

/// The deployment of such an event, as a client reads it from the server.
inline client::Deployment deployment_of(const EventFields& fields) {
  return {.id = fields.id,
          .ref = fields.ref,
          .sha = fields.sha,
          .task = fields.task,
          .environment = fields.environment,
          .original_environment = fields.environment,
          .payload = fields.payload,
          .text = "{\"the\":\"server's\"}"};
}

/// May be called from any thread.
class FakeGithub {
 public:
  struct Status {
    std::string state;
    std::string description;
    std::string log_url;
    std::string environment_url;
    std::string key = {};    ///< its idempotency key
    std::string fence = {};  ///< as sent; empty: none
  };
  struct Claim {
    int64_t fence = 0;
    bool is_started = false;
    bool has_values = false;  ///< they were given
  };
  struct Deployment {
    std::string sha;
    std::string environment = "staging";
    std::string task = "deploy";
    std::vector<Status> statuses = {};  ///< oldest first
    std::string ref = "main";
    std::string payload = "{}";
    bool has_original_environment = true;  ///< false: as older servers describe it
  };

  FakeGithub()
      : server_({.plan =
                     [this](const http::Request& request) {
                       return http::Plan{.answer = [this, &request] { return answer(request); }};
                     },
                 .refuse = [](const auto&, int status) { return http::Response{status}; }}) {
    url = "http://127.0.0.1:" + std::to_string(server_.listen("127.0.0.1", 0).value());
    thread_ = std::jthread([this] { server_.run(); });
  }
  ~FakeGithub() {
    server_.stop();
    thread_.join();
  }

  void add(int64_t id, Deployment deployment) {
    std::lock_guard lock(mutex_);
    deployments_[id] = std::move(deployment);
  }
  void remove(int64_t id) {
    std::lock_guard lock(mutex_);
    deployments_.erase(id);
  }
  /// While it is down, it answers every request with 503, including requests that wait for events.
  void set_down(bool is_down) {
    std::lock_guard lock(mutex_);
    is_down_ = is_down;
  }
  /// While it refuses tokens, it answers every request with 401.
  void refuse_tokens(bool are_refused) {
    std::lock_guard lock(mutex_);
    are_tokens_refused_ = are_refused;
  }
  /// While statuses cannot be read, they can still be reported.
  void hide_statuses(bool are_hidden) {
    std::lock_guard lock(mutex_);
    are_statuses_hidden_ = are_hidden;
  }
  /// From now on deployments can be claimed; before, as on GitHub, there is no such route.
  void have_claims() {
    std::lock_guard lock(mutex_);
    has_claims_ = true;
  }
  /// What the next claims get: two JSON objects. Without this call, 403 `agent_token_required`.
  void have_values(std::string secrets, std::string variables) {
    std::lock_guard lock(mutex_);
    values_ =
        R"({"secrets":)" + std::move(secrets) + R"(,"variables":)" + std::move(variables) + "}";
  }
  /// Claims of the deployment are refused with 409 and this reason; an empty reason: no more.
  void refuse_claims(int64_t id, std::string reason, std::string message = "Refused") {
    std::lock_guard lock(mutex_);
    refusals_[id] = {std::move(reason), std::move(message)};
  }
  /// Another client claims the deployment, and perhaps starts it. Its claim ends only by
  /// `end_claim`.
  int64_t claim_elsewhere(int64_t id, bool is_started = false) {
    std::lock_guard lock(mutex_);
    foreign_.insert(++last_fence_);
    claims_[id] = {.fence = last_fence_, .is_started = is_started};
    return last_fence_;
  }
  void end_claim(int64_t id) {
    std::lock_guard lock(mutex_);
    claims_.erase(id);
  }
  /// The live claim; nothing if there is none.
  std::optional<Claim> claim_of(int64_t id) {
    std::lock_guard lock(mutex_);
    const auto found = claims_.find(id);
    return found == claims_.end() ? std::nullopt : std::optional(found->second);
  }
  int64_t claim_count() {
    std::lock_guard lock(mutex_);
    return last_fence_;
  }
  size_t heartbeat_count() {
    std::lock_guard lock(mutex_);
    return heartbeat_count_;
  }
  void wait_for_heartbeats(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return heartbeat_count_ >= count; });
  }
  /// The values count as given from the next claim on.
  void take_values_away(int64_t id) {
    std::lock_guard lock(mutex_);
    taken_.insert(id);
  }
  /// The body of the last request for values.
  std::string wanted_values() {
    std::lock_guard lock(mutex_);
    return wanted_values_;
  }
  /// Calls `call` when the deployment is claimed the next time, after the claim was made and before
  /// its answer is sent.
  void on_claim(int64_t id, std::function<void()> call) {
    std::lock_guard lock(mutex_);
    on_claim_[id] = std::move(call);
  }
  void wait_for_requests(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return request_count_ >= count; });
  }
  size_t request_count() {
    std::lock_guard lock(mutex_);
    return request_count_;
  }
  /// Calls `call` at the next read of the deployment's statuses, and records the returned status
  /// after that answer.
  void on_read_of_statuses(int64_t id, std::function<Status()> call) {
    std::lock_guard lock(mutex_);
    on_read_[id] = std::move(call);
  }
  /// While answers are lost, a report is recorded but answered with 503.
  void lose_answers(bool are_lost) {
    std::lock_guard lock(mutex_);
    are_answers_lost_ = are_lost;
  }
  std::vector<Status> statuses(int64_t id) {
    std::lock_guard lock(mutex_);
    return deployments_[id].statuses;
  }
  /// Adds an event to the feed; its number is the count of events.
  void publish(const std::string& kind, std::string body) {
    std::lock_guard lock(mutex_);
    events_.push_back({kind, std::move(body)});
    changed_.notify_all();
  }
  void forget_events() {
    std::lock_guard lock(mutex_);
    events_.clear();
  }
  std::string log(int64_t id) {
    std::lock_guard lock(mutex_);
    return logs_[id];
  }
  void wait_for_log(int64_t id, const std::string& text) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return logs_[id] == text; });
  }
  /// Waits until that state has been reported.
  Status wait_for(int64_t id, const std::string& state) {
    std::unique_lock lock(mutex_);
    while (true) {
      for (const Status& status : deployments_[id].statuses) {
        if (status.state == state) return status;
      }
      changed_.wait(lock);
    }
  }
  /// The reported states in order, such as `in_progress success`.
  std::string states(int64_t id) {
    std::vector<std::string> names;
    for (const Status& status : statuses(id)) names.push_back(status.state);
    return join(names, " ");
  }

  std::string url;

 private:
  static void write(JsonWriter& json, int64_t id, const Deployment& deployment) {
    json.begin_object()
        .member("id", id)
        .member("sha", deployment.sha)
        .member("ref", deployment.ref)
        .member("environment", deployment.environment)
        .member("task", deployment.task);
    if (deployment.has_original_environment) {
      json.member("original_environment", deployment.environment);
    }
    json.key("payload").raw(deployment.payload).end_object();
  }
  static void write(JsonWriter& json, const Status& status) {
    json.begin_object()
        .member("id", 1)
        .member("state", status.state)
        .member("log_url", status.log_url)
        .end_object();
  }

  /// Esclusa's feed; it waits only for a moment, however long the client asks it to wait.
  http::Response read_events(const http::Request& request, std::unique_lock<std::mutex>& lock) {
    const auto query = http::parse_query(request.query());
    const auto given = http::find_parameter(query, "after");
    const size_t after =
        given ? static_cast<size_t>(parse_positive(*given).value_or(0)) : events_.size();
    if (after > events_.size()) return {422, {}, R"({"reason_code":"unknown_cursor"})"};
    if (http::find_parameter(query, "wait") != "0") {
      changed_.wait_for(lock, std::chrono::milliseconds(50),
                        [&] { return events_.size() > after; });
      if (is_down_) return {503, {}, "{}"};
    }
    std::string page = R"({"next":)" + std::to_string(events_.size()) + R"(,"events":[)";
    for (size_t i = after; i < events_.size(); ++i) {
      page += (i > after ? "," : "") + (R"({"seq":)" + std::to_string(i + 1)) + R"(,"event":")" +
              events_[i].first + R"(","payload":)" + events_[i].second + "}";
    }
    return {200, {}, page + "]}"};
  }

  http::Response append_log(const http::Request& request, std::string_view number) {
    std::string& log = logs_[parse_positive(number).value_or(0)];
    const auto query = http::parse_query(request.query());
    const auto offset = static_cast<size_t>(
        parse_positive(http::find_parameter(query, "offset").value_or("")).value_or(0));
    const std::string known = log.substr(std::min(offset, log.size()));
    const bool fits = offset <= log.size() &&
                      (known.starts_with(request.body) || request.body.starts_with(known));
    if (fits && request.body.size() > known.size()) log += request.body.substr(known.size());
    changed_.notify_all();
    return {fits ? 200 : 409, {{"Upload-Offset", std::to_string(log.size())}}, "{}"};
  }

  static http::Response conflict(const std::string& reason, const std::string& message) {
    JsonWriter json;
    json.begin_object().member("message", message).member("reason_code", reason).end_object();
    return {409, {}, json.take()};
  }
  static http::Response claim_response(int status, const Claim& claim) {
    JsonWriter json;
    json.begin_object()
        .member("fence", claim.fence)
        .member("state", claim.is_started ? "started" : "claimed")
        .member("owner", "esclusa-agent[bot]")
        .end_object();
    return {status, {}, json.take()};
  }

  /// `rest` is what follows `…/claim`.
  http::Response answer_claim(const http::Request& request, int64_t id, std::string_view rest,
                              std::unique_lock<std::mutex>& lock) {
    if (!has_claims_ || !deployments_.contains(id)) return {404, {}, R"({"message":"Not Found"})"};
    const auto live = claims_.find(id);
    if (request.method == "POST" && rest.empty()) {
      const auto& [reason, message] = refusals_[id];
      if (!reason.empty()) return conflict(reason, message);
      if (live != claims_.end()) {
        return conflict(live->second.is_started ? "claim_started" : "claimed", "It is claimed");
      }
      claims_[id] = {.fence = ++last_fence_, .has_values = taken_.contains(id)};
      const auto response = claim_response(201, claims_[id]);
      if (auto call = on_claim_.extract(id)) {
        lock.unlock();
        call.mapped()();
        lock.lock();
      }
      if (are_answers_lost_) return {503, {}, "{}"};
      return response;
    }
    if (request.method == "GET") {
      if (live == claims_.end()) return {404, {}, R"({"reason_code":"no_claim"})"};
      return claim_response(200, live->second);
    }
    const auto fence = request.headers.find("X-Esclusa-Claim");
    if (!fence) return {400, {}, R"({"reason_code":"claim_fence_required"})"};
    if (!is_live(id, *fence)) return conflict("claim_lost", "It was lost");
    if (request.method == "DELETE") {
      if (live->second.is_started) return conflict("claim_started", "It has started");
      claims_.erase(live);
      return {204, {}, ""};
    }
    if (request.method == "PUT") {
      ++heartbeat_count_;
      return claim_response(200, live->second);
    }
    wanted_values_ = request.body;
    if (values_.empty())
      return {403, {}, R"({"message":"No","reason_code":"agent_token_required"})"};
    if (std::exchange(live->second.has_values, true)) return conflict("secrets_given", "Once only");
    return {200, {}, values_};
  }
  bool is_live(int64_t id, std::string_view fence) const {
    const auto live = claims_.find(id);
    return live != claims_.end() && !foreign_.contains(live->second.fence) &&
           std::to_string(live->second.fence) == fence;
  }
  /// Judges the fence of a status. False if its claim is not live.
  bool take_fence(int64_t id, const Status& status) {
    if (!has_claims_) return true;
    if (!status.fence.empty() && !is_live(id, status.fence)) return false;
    if (status.state == "in_progress" && !status.fence.empty()) claims_[id].is_started = true;
    if (status.state != "in_progress" && status.state != "queued") claims_.erase(id);
    return true;
  }

  http::Response answer(const http::Request& request) {
    std::unique_lock lock(mutex_);
    ++request_count_;
    changed_.notify_all();
    if (is_down_) return {503, {}, "{}"};
    if (are_tokens_refused_) return {401, {}, R"({"message":"Bad credentials"})"};
    if (request.path() == "/esclusa/events") return read_events(request, lock);
    constexpr std::string_view logs = "/esclusa/repos/demo/shop/deployments/";
    if (request.path().starts_with(logs)) {
      const std::string_view rest = request.path().substr(logs.size());
      const std::string_view number = rest.substr(0, rest.find('/'));
      if (request.method == "PATCH") return append_log(request, number);
      constexpr std::string_view claim = "/claim";
      if (!rest.substr(number.size()).starts_with(claim)) return {404, {}, "{}"};
      return answer_claim(request, parse_positive(number).value_or(0),
                          rest.substr(number.size() + claim.size()), lock);
    }
    constexpr std::string_view root = "/repos/demo/shop/deployments";
    if (!request.path().starts_with(root)) return {404, {}, "{}"};
    std::string_view rest = request.path().substr(root.size());
    JsonWriter json;
    if (rest.empty()) {
      const auto environment =
          http::find_parameter(http::parse_query(request.query()), "environment");
      json.begin_array();
      for (auto it = deployments_.rbegin(); it != deployments_.rend(); ++it) {
        if (it->second.environment == environment) write(json, it->first, it->second);
      }
      json.end_array();
      return {200, {}, json.take()};
    }
    rest.remove_prefix(1);
    const std::string_view number = rest.substr(0, rest.find('/'));
    auto found = deployments_.find(parse_positive(number).value_or(0));
    if (found == deployments_.end()) return {404, {}, "{\"message\":\"Not Found\"}"};
    auto& [id, deployment] = *found;
    if (rest == number) {
      write(json, id, deployment);
    } else if (request.method == "POST") {
      const auto body = Json::parse(request.body).value();
      Status status{body.string_at("state").value_or(""),
                    body.string_at("description").value_or(""),
                    body.string_at("log_url").value_or(""),
                    body.string_at("environment_url").value_or(""),
                    std::string(request.headers.find("Idempotency-Key").value_or("")),
                    std::string(request.headers.find("X-Esclusa-Claim").value_or(""))};
      if (!take_fence(id, status)) return conflict("claim_lost", "It was lost");
      deployment.statuses.push_back(std::move(status));
      changed_.notify_all();
      if (are_answers_lost_) return {503, {}, "{}"};
      write(json, deployment.statuses.back());
    } else if (are_statuses_hidden_) {
      return {503, {}, "{}"};
    } else {
      json.begin_array();
      for (auto it = deployment.statuses.rbegin(); it != deployment.statuses.rend(); ++it) {
        write(json, *it);
      }
      json.end_array();
      if (auto call = on_read_.extract(id)) deployment.statuses.push_back(call.mapped()());
    }
    return {request.method == "POST" ? 201 : 200, {}, json.take()};
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<int64_t, Deployment> deployments_;
  std::vector<std::pair<std::string, std::string>> events_;  // kind, body
  std::map<int64_t, std::string> logs_;
  std::map<int64_t, std::function<Status()>> on_read_;
  bool is_down_ = false;
  bool are_answers_lost_ = false;
  bool are_tokens_refused_ = false;
  bool are_statuses_hidden_ = false;
  size_t request_count_ = 0;
  bool has_claims_ = false;
  std::string values_;
  std::string wanted_values_;
  int64_t last_fence_ = 0;
  size_t heartbeat_count_ = 0;
  std::map<int64_t, Claim> claims_;  ///< the live ones
  std::set<int64_t> taken_;
  std::set<int64_t> foreign_;                                        ///< fences of another client
  std::map<int64_t, std::pair<std::string, std::string>> refusals_;  ///< reason, message
  std::map<int64_t, std::function<void()>> on_claim_;
  http::Server server_;
  std::jthread thread_;
};

}  // namespace esclusa::agent::testing
