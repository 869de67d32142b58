#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "core/ref_intent.h"
#include "core/ssh_door.h"

namespace esclusa::client {

/// A client for OpenSSH's helpers, over `keys.sock`. Any thread. Errors have the server's own
/// message; `unavailable` if the server cannot be reached.
class SshDoor {
 public:
  explicit SshDoor(std::string socket) : socket_(std::move(socket)) {}

  struct Key {
    DeployKeyId id;
    std::string text;  ///< type and blob, as OpenSSH has read them
  };
  /// `not_found` if the key of this line gives no access.
  Result<Key> find_key(const std::string& line) const;

  struct Session {
    std::string id;
    std::string full_name;
    std::string path;                          ///< the git directory
    std::vector<std::string> alternates = {};  ///< object folders that it may borrow from
    bool runs_repository_hooks = false;        ///< the setting `ssh.repository_hooks`
  };
  Result<Session> start_session(DeployKeyId key, const core::SshRequest& request) const;
  /// Checks whether the key still gives that access; waits at most one second.
  Result<void> check_session(const std::string& session, DeployKeyId key,
                             core::GitService service) const;

  Result<void> begin_push(const std::string& session, DeployKeyId key,
                          const std::vector<core::RefChange>& changes) const;
  Result<void> finish_push(const std::string& session,
                           const std::vector<core::RefChange>& made) const;
  /// `is_reported`: `finish_push` has reported all changes that git made.
  Result<void> end_session(const std::string& session, bool is_reported) const;

 private:
  /// The body of the answer; null if it has none.
  Result<Json> call(const std::string& method, const std::string& path, const std::string& body,
                    std::chrono::milliseconds time) const;
  Result<void> send_changes(const std::string& method, const std::string& session,
                            std::optional<DeployKeyId> key,
                            const std::vector<core::RefChange>& changes) const;
  std::string socket_;
};

}  // namespace esclusa::client
