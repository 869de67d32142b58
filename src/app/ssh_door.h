#pragma once
#include <string>

#include "app/context.h"
#include "core/deploy_key.h"
#include "core/ssh_access.h"

/// What OpenSSH's helpers ask about deploy keys. No access of a request is judged here: the key
/// itself is the actor, and opens one repository only.
namespace esclusa::app {

/// Finds the usable key of a line `TYPE BLOB`. Changes nothing: sshd asks when a client offers the
/// key, before the client has proved that it holds it. `not_found` if the key is unknown, deleted,
/// expired or disabled, without distinction.
Result<core::DeployKey> find_opening_key(const Context& context, Reader& db, std::string_view line);

/// An SSH client that has proved that it holds the key, and uses the key's repository.
struct SshSession {
  std::string id;
  core::DeployKey key;
  core::Repository repository;
};

/// Judges the request of the key's holder, and stores that the key was used.
Result<SshSession> start_ssh_session(const Context& context, DeployKeyId key,
                                     const core::SshRequest& request,
                                     const std::string& request_id);

/// Judges the key and the repository again, during the session or before a push changes anything.
/// Changes nothing.
Result<SshSession> check_ssh_session(const Context& context, Reader& db, const std::string& session,
                                     DeployKeyId key, core::GitService service);

}  // namespace esclusa::app
