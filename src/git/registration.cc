#include <algorithm>
#include <system_error>
#include <utility>

#include "base/text.h"
#include "git/library.h"
#include "git/program.h"
#include "git/repository.h"

namespace esclusa::git {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view heads = "refs/heads/";

std::unexpected<Error> refuse(const fs::path& path, std::string_view problem) {
  return fail(ErrorCode::invalid, printable(path.string()) + ": " + std::string(problem),
              "repository_refused");
}

/// The branch that HEAD points to, which need not have a commit yet.
Result<std::string> default_branch_of(const fs::path& git_directory) {
  start_library();
  RepositoryHandle repository;
  ReferenceHandle head;
  if (receive(repository, git_repository_open_bare, git_directory.c_str()) != 0 ||
      receive(head, git_reference_lookup, repository.get(), "HEAD") != 0) {
    return refuse(git_directory, "HEAD cannot be read.");
  }
  const char* target = git_reference_symbolic_target(head.get());
  if (target == nullptr) {
    return refuse(git_directory,
                  "HEAD is detached. Point it to the default branch first, for example with "
                  "`git symbolic-ref HEAD refs/heads/main`.");
  }
  const std::string_view name = target;
  // (A repository that keeps its refs in another format has a HEAD of `refs/heads/.invalid`.)
  if (!name.starts_with(heads) || core::candidate_ref_names(name).empty()) {
    return refuse(git_directory, "HEAD points to " + printable(name) + ", which is no branch.");
  }
  return std::string(name.substr(heads.size()));
}

/// Writes what `create_bare` configures.
bool configure(git_repository* repository) {
  ConfigHandle config;
  return receive(config, git_repository_config, repository) == 0 &&
         // Nobody shall fetch, list or push the refs that keep deployed commits.
         git_config_set_string(config.get(), "transfer.hideRefs", "refs/deployments") == 0;
}

}  // namespace

Result<Inspection> inspect(const fs::path& path) {
  std::error_code error;
  const fs::path folder = fs::canonical(path, error);
  if (error) return refuse(path, error.message() + ".");
  if (!fs::is_directory(folder, error)) return refuse(folder, "This is not a folder.");
  // Named, not searched for: a folder inside of a repository is not that repository.
  const fs::path inner = folder / ".git";
  const ProgramOutput answer =
      TRY(run_git(fs::exists(inner, error) ? inner : folder,
                  {"rev-parse", "--show-object-format", "--is-bare-repository",
                   "--path-format=absolute", "--git-common-dir"}));
  if (answer.exit_code != 0) {
    return refuse(folder, "This is not a git repository that can be read. git says: " +
                              printable(trim(answer.error_output)));
  }
  // Two lines, then a path, in which there may be anything.
  const auto lines = split(answer.output, '\n');
  if (lines.size() < 4 || !answer.output.ends_with('\n')) {
    return refuse(folder, "git gave an answer that is not understood.");
  }
  if (lines[0] != "sha1") {
    return refuse(folder, "Its object format is " + printable(lines[0]) +
                              ". Only repositories with SHA-1 object names are supported.");
  }
  Inspection found;
  found.bare = lines[1] == "true";
  const size_t path_start = lines[0].size() + lines[1].size() + 2;
  found.git_directory =
      fs::canonical(answer.output.substr(path_start, answer.output.size() - path_start - 1), error);
  if (error) return refuse(folder, error.message() + ".");
  found.default_branch = TRY(default_branch_of(found.git_directory));
  return found;
}

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
  // Nothing was in there before, and half a repository would be in the way of the next attempt.
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
