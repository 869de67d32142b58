#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"

/// Runs the git program, for what libgit2 cannot do.
namespace esclusa::git {

struct ProgramOutput {
  int exit_code = 0;
  std::string output;
  std::string error_output;  ///< for people; may be cut
};

/// Runs `git <arguments>` in `/` on the repository at `git_directory` (a `.git` file will do), with
/// hooks off, and nothing of the user's or the system's configuration or environment but PATH. No
/// search for a repository, hence no check of its owner. `environment` is added.
///
/// `unavailable` if there is no git, if a signal or the time limit ended it, or if it wrote more
/// than 1 MiB. Any thread.
Result<ProgramOutput> run_git(const std::filesystem::path& git_directory,
                              std::vector<std::string> arguments,
                              std::vector<std::string> environment = {});

}  // namespace esclusa::git
