#pragma once
#include <string>

#include "app/context.h"
#include "core/deploy_key.h"
#include "core/ssh_door.h"

/// What OpenSSH's helpers ask about deploy keys, for which no request's access is judged: the key
/// itself is the principal, with one repository and nothing else.
namespace esclusa::app {

/// The key of a line `TYPE BLOB`, if it opens anything now. Changes nothing: a key is asked for
/// when it is offered, before anybody has proved to hold it. Errors: `not_found` for one that is
/// unknown, deleted, expired or disabled, all alike.
Result<core::DeployKey> find_opening_key(const Context& context, std::string_view line);

/// A client of OpenSSH's that has proved to hold the key, at work on its repository.
struct SshSession {
  std::string id;
  core::DeployKey key;
  core::Repository repository;
};

/// Judges what the key's holder asks for, and notes that the key was used.
Result<SshSession> start_ssh_session(const Context& context, DeployKeyId key,
                                     const core::SshRequest& request,
                                     const std::string& request_id);

/// Judges again, while the session lasts or before a push changes anything: the key, and whether
/// the repository is still open to it for that. Changes nothing.
Result<SshSession> check_ssh_session(const Context& context, const std::string& session,
                                     DeployKeyId key, core::GitService service);

}  // namespace esclusa::app
