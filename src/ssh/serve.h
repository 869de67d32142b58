#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "core/ssh_door.h"

namespace esclusa::ssh {

/// `esclusa-ssh serve --key-id N`, the forced command of every deploy key: reads the client's
/// command from `SSH_ORIGINAL_COMMAND`, asks the server whether the key gives access, and runs git.
/// Returns git's exit code, or 1 after a refusal, whose reason the client gets.
int serve_session(int64_t key_id, const std::string& socket);

/// The command line with which git serves the repository at `path`. Our own settings follow
/// `settings`, so no configuration overrides them. `hooks` is a session's folder; empty for a
/// fetch.
std::vector<std::string> git_arguments(core::GitService service,
                                       const std::vector<std::string>& settings,
                                       const std::string& path, const std::string& hooks);

}  // namespace esclusa::ssh
