#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/crypto.h"
#include "base/error.h"
#include "base/json.h"
#include "core/deployment_kind.h"
#include "http/outbound.h"

/// Typed calls of GitHub's API, for the command line and the agent. The calls below `/repos` also
/// work against GitHub, except those marked as Esclusa's own.
namespace esclusa::client {

/// The server to call, and the account to call it with.
struct Target {
  std::string base_url;          ///< `http://127.0.0.1:8080`; may end with a slash
  Secret token;                  ///< empty: anonymous
  std::string unix_socket = {};  ///< the administrator's socket; replaces the address of `base_url`
  std::string ca_file = {};      ///< PEM; trusted instead of the system's authorities
  std::chrono::milliseconds answer_time{30'000};
};

struct Answer {
  int status = 0;
  http::Headers headers;
  Json body;
};

/// A deployment with the members that these clients use.
struct Deployment {
  int64_t id = 0;
  std::string ref = {};
  std::string sha = {};
  std::string task = {};
  std::string environment = {};  ///< the present one: a status may change it
  std::string original_environment = {};
  std::string description = {};
  std::string creator = {};
  std::string created_at = {};
  std::string payload = {};  ///< JSON text as the server sent it
  std::string text = {};     ///< the whole deployment as JSON text
  /// What it repeats, as Esclusa says it of one deployment: a list does not.
  std::optional<core::Repeats> repeats = {};
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
  /// Esclusa's own: an id or `none`, which must be live there; empty: whatever is. GitHub ignores
  /// it.
  std::string expected_live = {};
};

struct NewStatus {
  std::string state;
  std::string description;
  std::string log_url = {};
  std::string environment_url = {};
  /// Esclusa creates one status per key, even if it is sent again; GitHub ignores it. May be empty.
  std::string idempotency_key = {};
  /// Of the live claim under which it is reported; 0: none. GitHub ignores it.
  int64_t fence = 0;
};

/// A live claim of a deployment.
struct Claim {
  int64_t fence = 0;
  std::string state;  ///< claimed, or started: then its command may have run
  std::string owner;  ///< a login
  std::string expires_at;
};

/// The values of an environment that a claim was given. They are wiped with it.
struct GivenValues {
  using Values = std::vector<std::pair<std::string, std::string>>;  ///< names and values
  Values secrets = {};
  Values variables = {};

  GivenValues() = default;
  GivenValues(GivenValues&& other) noexcept { swap(other); }
  GivenValues& operator=(GivenValues&& other) noexcept {
    swap(other);
    return *this;
  }
  ~GivenValues();

 private:
  void swap(GivenValues& other) noexcept {
    secrets.swap(other.secrets);
    variables.swap(other.variables);
  }
};

/// Which values are asked for: their names, none of them (empty), or all that there are (nullopt).
using WantedNames = std::optional<std::vector<std::string>>;

/// An event from the server's feed.
struct FeedEvent {
  int64_t seq = 0;
  std::string kind;
  std::string payload;  ///< the event's body, JSON as the server sent it
};
struct FeedPage {
  std::vector<FeedEvent> events;
  int64_t next = 0;  ///< id to continue after
};

/// Whether the server accepted a part of a log, and the log's length now, in bytes.
struct LogExtent {
  int64_t size = 0;
  bool taken = false;
};

/// The request body as JSON.
std::string body_of(const NewDeployment& input);
http::Headers headers_of(const NewDeployment& input);

/// Checks `owner/name` and percent-encodes it for a path.
Result<std::string> repository_path(const std::string& full_name);

/// A client of one server. Any thread. Errors have the server's own message and reason;
/// `unavailable` if the server cannot be reached.
class Api {
 public:
  explicit Api(Target target) : target_(std::move(target)) {}

  /// Makes one call; a status of 300 or more is an error. Follows the redirect of a renamed
  /// repository once, on the same server only.
  Result<Answer> call(const std::string& method, const std::string& path,
                      const std::string& body = "", const http::Headers& headers = {}) const;

  Result<Deployment> create_deployment(const std::string& repository,
                                       const NewDeployment& input) const;
  /// Esclusa's own: creates a deployment that repeats another one, by the route at `path`.
  Result<Deployment> repeat_deployment(const std::string& path, const std::string& body) const;
  Result<Deployment> get_deployment(const std::string& repository, int64_t id) const;
  /// Newest first, one page of at most 100. An empty environment means all.
  Result<std::vector<Deployment>> list_deployments(const std::string& repository,
                                                   const std::string& environment, int count) const;
  Result<Status> create_status(const std::string& repository, int64_t deployment,
                               const NewStatus& input) const;
  /// The latest status; nullopt if there is none.
  Result<std::optional<Status>> latest_status(const std::string& repository,
                                              int64_t deployment) const;
  /// Newest first, at most 100.
  Result<std::vector<Status>> list_statuses(const std::string& repository, int64_t deployment,
                                            int count = 100) const;

  // Esclusa's own calls. They return early, with `unavailable`, when `stop` becomes true.
  /// The events after the id `after`; the server waits up to `wait` for one. Without an id: only
  /// the present position of the feed.
  Result<FeedPage> read_events(std::optional<int64_t> after, std::chrono::seconds wait,
                               const std::atomic<bool>& stop) const;
  /// Appends `text`, which begins at byte `offset`, to a deployment's log. An empty text only
  /// returns the log's length.
  Result<LogExtent> append_log(const std::string& repository, int64_t deployment, int64_t offset,
                               const std::string& text, const std::atomic<bool>& stop) const;
  /// Claims a deployment, so that nobody else runs it, for so long after each heartbeat. `conflict`
  /// if it cannot be claimed (`reason_code` says why), `not_found` also if the server has no
  /// claims.
  Result<Claim> claim(const std::string& repository, int64_t deployment, std::chrono::seconds time,
                      const std::atomic<bool>& stop) const;
  /// The live claim. `not_found` if there is none (`no_claim`).
  Result<Claim> get_claim(const std::string& repository, int64_t deployment,
                          const std::atomic<bool>& stop) const;
  /// A heartbeat, which moves the claim's end. `conflict` (`claim_lost`) if it is not live.
  Result<Claim> keep_claim(const std::string& repository, int64_t deployment, int64_t fence,
                           const std::atomic<bool>& stop) const;
  /// Gives up a claim under which nothing has started.
  Result<void> release_claim(const std::string& repository, int64_t deployment, int64_t fence,
                             const std::atomic<bool>& stop) const;
  /// The values of the deployment's environment, which a claim gets once. `forbidden`
  /// (`agent_token_required`) for any token that is not an agent's.
  Result<GivenValues> claim_values(const std::string& repository, int64_t deployment, int64_t fence,
                                   const WantedNames& secrets, const WantedNames& variables,
                                   const std::atomic<bool>& stop) const;

 private:
  /// Makes one call and does not read the answer; a status of 300 or more is an error.
  Result<http::OutboundResponse> request(const std::string& method, const std::string& path,
                                         const std::string& body = "",
                                         const http::Headers& headers = {}) const;
  /// One of the calls about a deployment's claim, below its path. A fence of 0 is not sent.
  Result<http::OutboundResponse> claim_call(const std::string& method,
                                            const std::string& repository, int64_t deployment,
                                            const std::string& below, int64_t fence,
                                            const std::string& body,
                                            const std::atomic<bool>& stop) const;
  /// Sends one request and returns the answer, whatever its status.
  Result<http::OutboundResponse> exchange(http::OutboundRequest request, const std::string& path,
                                          const std::atomic<bool>* stop = nullptr) const;

  Target target_;
};

}  // namespace esclusa::client
