#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/landlock.h"

/// Runs the git program, for what libgit2 cannot do. These settings are used by the server and for
/// SSH: git then runs and fetches nothing that a repository names.
namespace esclusa::git {

/// For git's environment: the largest single allocation, so that an object's header cannot choose
/// it. Blobs larger than half of it (`core.bigFileThreshold`) are streamed.
inline constexpr const char* allocation_limit = "GIT_ALLOC_LIMIT=1g";

/// Arguments `-c NAME=VALUE` that override what a repository may configure: no hooks, no helpers,
/// no editors, no network, no housekeeping.
std::vector<std::string> program_settings();

/// The environment for such a git: no configuration of the user or the machine.
std::vector<std::string> program_environment();

/// The files that git needs besides a repository's: its programs, the loader and libraries, but no
/// shell. `unavailable` if there is no git in PATH; the result is found once.
Result<Confinement> program_confinement();

struct ProgramOutput {
  int exit_code = 0;
  std::string output;
  std::string error_output;  ///< for people; may be cut
};

/// Runs `git <arguments>` in `/` on the repository at `git_directory` (also a `.git` file). Hooks
/// are off, and the configuration and environment of the user and the system are not used, except
/// PATH. git does not search for a repository, and so does not check its owner. `environment` is
/// added.
///
/// `files`: what git may use besides its own programs, if the kernel can confine it; without
/// `files`, git may use what the server may.
///
/// `unavailable` if there is no git, if a signal or the time limit ended it, or if its output is
/// longer than 1 MiB. Any thread.
Result<ProgramOutput> run_git(const std::filesystem::path& git_directory,
                              std::vector<std::string> arguments,
                              std::vector<std::string> environment = {},
                              std::optional<Confinement> files = {});

}  // namespace esclusa::git
