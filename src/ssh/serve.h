#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "core/ssh_door.h"

namespace esclusa::ssh {

/// `esclusa ssh serve --key-id N`, the forced command of every deploy key: reads what the client
/// asked for in `SSH_ORIGINAL_COMMAND`, asks the server whether the key opens that, and runs git
/// for it. The exit code is git's; of a refusal it is 1, and the client is told why.
int serve_session(int64_t key_id, const std::string& socket);

/// The arguments with which git serves the repository at `path`. Behind `settings` come our own,
/// which no configuration may change. `hooks` is a session's folder, empty where nothing is pushed.
std::vector<std::string> git_arguments(core::GitService service,
                                       const std::vector<std::string>& settings,
                                       const std::string& path, const std::string& hooks);

}  // namespace esclusa::ssh
