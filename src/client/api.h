#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/crypto.h"
#include "base/error.h"
#include "http/outbound.h"
#include "wire/json.h"

/// Typed calls of GitHub's API, for the command line and the agent. Whatever is called here below
/// `/repos` also works against GitHub itself.
namespace esclusa::client {

/// Which server, and as whom.
struct Target {
  std::string base_url;          ///< `http://127.0.0.1:8080`; a slash at the end does no harm
  Secret token;                  ///< empty: anonymous
  std::string unix_socket = {};  ///< the administrator's socket; then `base_url` is not dialled
  std::string ca_file = {};      ///< PEM; trusted instead of the system's authorities
  std::chrono::milliseconds answer_time{30'000};
};

struct Answer {
  int status = 0;
  http::Headers headers;
  wire::Json body;
};

/// A deployment, as far as clients here look at it.
struct Deployment {
  int64_t id = 0;
  std::string ref = {};
  std::string sha = {};
  std::string task = {};
  std::string environment = {};  ///< a status may have changed it
  std::string original_environment = {};
  std::string description = {};
  std::string creator = {};
  std::string created_at = {};
  std::string payload = {};  ///< JSON text, as the server has it
  std::string text = {};     ///< the whole of it as JSON text
};

struct Status {
  int64_t id = 0;
  std::string state;
  std::string description;
  std::string log_url;
  std::string created_at;
};

struct NewDeployment {
  std::string ref;
  std::string environment = "production";
  std::string task = "deploy";
  std::string description;
  std::string payload = "{}";  ///< JSON text
  bool auto_merge = true;
  bool skip_contexts = false;  ///< send `required_contexts: []`
};

struct NewStatus {
  std::string state;
  std::string description;
  std::string log_url = {};
  std::string environment_url = {};
  /// Esclusa makes one status with a key, however often it is sent; GitHub ignores it. May be
  /// empty.
  std::string idempotency_key = {};
};

/// An event of the server's feed.
struct FeedEvent {
  int64_t seq = 0;
  std::string kind;
  std::string payload;  ///< its body, JSON as the server has it
};
struct FeedPage {
  std::vector<FeedEvent> events;
  int64_t next = 0;  ///< to go on from
};

/// Whether the server took a part of a log, and how many bytes it has now.
struct LogExtent {
  int64_t size = 0;
  bool taken = false;
};

/// The body that asks for it.
std::string body_of(const NewDeployment& input);

/// `owner/name`, checked and percent-encoded for a path.
Result<std::string> repository_path(const std::string& full_name);

/// One server. Any thread. Errors carry the server's own message and reason; `unavailable` if it
/// cannot be reached.
class Api {
 public:
  explicit Api(Target target) : target_(std::move(target)) {}

  /// One call; statuses from 300 on are errors. The redirect of a repository that was renamed is
  /// followed, once, on the same server.
  Result<Answer> call(const std::string& method, const std::string& path,
                      const std::string& body = "") const;

  Result<Deployment> create_deployment(const std::string& repository,
                                       const NewDeployment& input) const;
  Result<Deployment> get_deployment(const std::string& repository, int64_t id) const;
  /// Newest first, one page of at most 100. An empty environment means all.
  Result<std::vector<Deployment>> list_deployments(const std::string& repository,
                                                   const std::string& environment, int count) const;
  Result<Status> create_status(const std::string& repository, int64_t deployment,
                               const NewStatus& input) const;
  /// The latest status; nothing while there is none.
  Result<std::optional<Status>> latest_status(const std::string& repository,
                                              int64_t deployment) const;
  /// Newest first, at most 100.
  Result<std::vector<Status>> list_statuses(const std::string& repository, int64_t deployment,
                                            int count = 100) const;

  // Esclusa's own. They end early, with `unavailable`, when `stop` becomes true.
  /// What happened after that number; the server is asked to wait so long for something. Without a
  /// number: where the feed is now.
  Result<FeedPage> read_events(std::optional<int64_t> after, std::chrono::seconds wait,
                               const std::atomic<bool>& stop) const;
  /// Adds to a deployment's log what begins at `offset`. An empty text only asks how much is there.
  Result<LogExtent> append_log(const std::string& repository, int64_t deployment, int64_t offset,
                               const std::string& text, const std::atomic<bool>& stop) const;

 private:
  /// One call whose answer is not read; statuses from 300 on are errors.
  Result<http::OutboundResponse> request(const std::string& method, const std::string& path,
                                         const std::string& body = "",
                                         const std::string& idempotency_key = "") const;
  /// One request, by whatever method and body, and its answer of whatever status.
  Result<http::OutboundResponse> exchange(http::OutboundRequest request, const std::string& path,
                                          const std::atomic<bool>* stop = nullptr) const;

  Target target_;
};

}  // namespace esclusa::client
