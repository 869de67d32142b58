#include "git/registration.h"

#include <system_error>

#include "base/text.h"
#include "core/ref.h"
#include "git/library.h"
#include "git/place.h"

namespace esclusa::git {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view heads = "refs/heads/";

/// Writes the configuration of a new bare repository.
bool configure(git_repository* repository) {
  ConfigHandle config;
  return receive(config, git_repository_config, repository) == 0 &&
         // Clients must not fetch, list or push the refs that keep deployed commits.
         git_config_set_string(config.get(), "transfer.hideRefs", "refs/deployments") == 0;
}

}  // namespace

Result<void> create_bare(const fs::path& path, const std::string& default_branch) {
  start_library();
  const std::string head = std::string(heads) + default_branch;
  if (core::candidate_ref_names(head).empty()) {
    return fail(ErrorCode::invalid, printable(default_branch) + " cannot be the name of a branch.",
                "invalid_branch");
  }
  std::error_code error;
  const bool existed = fs::exists(path, error);
  if (!error && existed && !fs::is_empty(path, error) && !error) {
    return refuse(path, "The folder is not empty.");
  }
  if (error) return refuse(path, error.message() + ".");

  git_repository_init_options options;
  git_repository_init_options_init(&options, GIT_REPOSITORY_INIT_OPTIONS_VERSION);
  options.flags =
      GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_MKPATH | GIT_REPOSITORY_INIT_NO_REINIT;
  options.mode = GIT_REPOSITORY_INIT_SHARED_UMASK;
  options.initial_head = head.c_str();
  RepositoryHandle repository;
  if (receive(repository, git_repository_init_ext, path.c_str(), &options) == 0 &&
      configure(repository.get())) {
    return {};
  }
  auto failure = unreadable("creating a repository");
  // The folder was empty before; half a repository would make the next attempt fail.
  if (existed) {
    for (const auto& entry : fs::directory_iterator(path, error)) {
      fs::remove_all(entry.path(), error);
    }
  } else {
    fs::remove_all(path, error);
  }
  return failure;
}

}  // namespace esclusa::git
