#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/landlock.h"

/// Runs the git program, for what libgit2 cannot do. The settings here, for the server and for the
/// SSH door, keep git from running or fetching what a repository names.
namespace esclusa::git {

/// In the environment of git: the most that it allocates at once, lest an object's header decides
/// that. From half of it on (`core.bigFileThreshold`) git streams blobs.
inline constexpr const char* allocation_limit = "GIT_ALLOC_LIMIT=1g";

/// `-c NAME=VALUE` for a git that does not obey the repository: no hooks, no helpers, no editors,
/// no network, no housekeeping.
std::vector<std::string> program_settings();

/// Such a git's environment: nothing of the user's, the machine's or anybody's configuration.
std::vector<std::string> program_environment();

/// The files that git needs beside those of a repository: its programs, the loader, libraries, and
/// no shell. `unavailable` if PATH leads to no git, which is looked up once.
Result<Confinement> program_confinement();

struct ProgramOutput {
  int exit_code = 0;
  std::string output;
  std::string error_output;  ///< for people; may be cut
};

/// Runs `git <arguments>` in `/` on the repository at `git_directory` (a `.git` file will do), with
/// hooks off, and nothing of the user's or the system's configuration or environment but PATH. No
/// search for a repository, hence no check of its owner. `environment` is added.
///
/// `files`: what it may use beside its own programs, if the kernel can confine it; without `files`
/// it may use what the server may.
///
/// `unavailable` if there is no git, if a signal or the time limit ended it, or if it wrote more
/// than 1 MiB. Any thread.
Result<ProgramOutput> run_git(const std::filesystem::path& git_directory,
                              std::vector<std::string> arguments,
                              std::vector<std::string> environment = {},
                              std::optional<Confinement> files = {});

}  // namespace esclusa::git
