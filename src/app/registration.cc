#include "app/registration.h"

#include "base/text.h"
#include "git/head.h"
#include "git/registration.h"

namespace esclusa::app {

std::unexpected<Error> repository_exists(const std::string& owner, const std::string& name) {
  return fail(ErrorCode::invalid, "The repository \"" + owner + "/" + name + "\" exists already",
              "repository_exists");
}

Result<void> check_merge_policy(const core::Repository& repository) {
  if (repository.auto_merge != core::MergePolicy::merge || repository.writable) return {};
  return fail(ErrorCode::invalid, "auto_merge can only merge in a repository that is writable",
              "not_writable");
}

Result<std::vector<std::string>> look_at_folder(core::Repository& repository,
                                                const std::filesystem::path& path) {
  git::Declaration declared{.alternates = {}, .writable = repository.writable};
  declared.alternates.assign(repository.alternates.begin(), repository.alternates.end());
  auto inspection = TRY(git::inspect(path, declared));
  repository.path = inspection.git_directory.string();
  repository.is_bare = inspection.is_bare;
  repository.alternates = std::move(inspection.alternates);
  return std::move(inspection.found);
}

Result<void> take_head(core::Repository& repository) {
  const auto head = TRY(git::read_head_branch(repository.path));
  if (!head) {
    return fail(ErrorCode::invalid,
                printable(repository.path) +
                    ": HEAD points to no branch. Point it to the default branch first, for example "
                    "with `git symbolic-ref HEAD refs/heads/main`.",
                "repository_refused");
  }
  repository.default_branch = *head;
  repository.default_branch_source =
      repository.is_bare ? core::DefaultBranchSource::head : core::DefaultBranchSource::set;
  return {};
}

}  // namespace esclusa::app
