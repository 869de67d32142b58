#include "app/first_push.h"

#include "app/default_branch.h"
#include "git/head.h"

namespace esclusa::app {
namespace {

/// The branch that HEAD is to name: `master` if it was pushed, else the first one; empty if no
/// branch was.
std::string choose_branch(std::span<const core::RefIntent> pushed) {
  constexpr std::string_view heads = "refs/heads/";
  std::string branch;
  for (const core::RefIntent& intent : pushed) {
    const core::RefChange& change = intent.change;
    if (!change.ref.starts_with(heads) || change.deletes()) continue;
    const std::string name = change.ref.substr(heads.size());
    if (branch.empty() || name == "master") branch = name;
  }
  return branch;
}

/// Whether HEAD names a branch that has no commit.
bool is_head_unborn(const git::Repository& git) {
  const auto head = git.head();
  if (!head || !*head) return false;
  const auto commit = git.resolve(**head);
  return commit && !*commit;
}

}  // namespace

core::Repository follow_first_push(const Context& context, const git::Repository& git,
                                   core::Repository repository,
                                   std::span<const core::RefIntent> pushed) {
  std::error_code error;
  const auto folder = std::filesystem::path(repository.path).parent_path();
  const bool is_made_here =
      std::filesystem::equivalent(folder, context.repositories_directory, error);
  if (!is_made_here || !is_head_unborn(git)) return repository;
  const std::string branch = choose_branch(pushed);
  // If HEAD cannot be written, it stays as it is, and the log says why.
  if (branch.empty() || !git::point_head(git.folder(), branch)) return repository;
  return follow_head(context, std::move(repository));
}

}  // namespace esclusa::app
