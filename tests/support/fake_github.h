#pragma once
#include <algorithm>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/ids.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "client/api.h"
#include "http/server.h"

/// For tests: bodies of events, and a server with deployments and statuses, as on GitHub.
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
    std::string key = {};  ///< its idempotency key
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

  http::Response answer(const http::Request& request) {
    std::unique_lock lock(mutex_);
    ++request_count_;
    changed_.notify_all();
    if (is_down_) return {503, {}, "{}"};
    if (are_tokens_refused_) return {401, {}, R"({"message":"Bad credentials"})"};
    if (request.path() == "/esclusa/events") return read_events(request, lock);
    constexpr std::string_view logs = "/esclusa/repos/demo/shop/deployments/";
    if (request.method == "PATCH" && request.path().starts_with(logs)) {
      const std::string_view rest = request.path().substr(logs.size());
      return append_log(request, rest.substr(0, rest.find('/')));
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
      deployment.statuses.push_back(
          {body.string_at("state").value_or(""), body.string_at("description").value_or(""),
           body.string_at("log_url").value_or(""), body.string_at("environment_url").value_or(""),
           std::string(request.headers.find("Idempotency-Key").value_or(""))});
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
  http::Server server_;
  std::jthread thread_;
};

}  // namespace esclusa::agent::testing
