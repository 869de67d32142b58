#include "app/repositories.h"

#include "app/change.h"
#include "app/default_branch.h"
#include "app/registration.h"
#include "app/repository_problem.h"
#include "base/crypto.h"
#include "base/text.h"
#include "core/names.h"
#include "git/refs.h"
#include "git/registration.h"
#include "git/repository.h"
#include "store/accounts.h"
#include "store/repositories.h"

namespace esclusa::app {
namespace {

/// The account of that login. If there is none, creates an organization.
core::Account ensure_owner(Change& change, const std::string& login) {
  if (auto found = store::find_account(change.rows, login)) return *found;
  core::Account owner;
  owner.login = login;
  owner.kind = core::AccountKind::organization;
  owner.created_at = owner.updated_at = change.now;
  owner.id = store::insert_account(change.rows, owner).value();
  change.audit({"account.create", std::nullopt, owner.id.value});
  return owner;
}

Result<bool> has_default_branch(const core::Repository& repository) {
  const auto git = TRY(git::Repository::open(repository));
  return TRY(git.resolve("refs/heads/" + repository.default_branch)).has_value();
}

}  // namespace

std::string find_problem(core::Repository repository) {
  const auto looked = look_at_folder(repository, repository.path);
  if (!looked) return looked.error().message;
  const auto git = git::Repository::open(repository);
  if (!git) return git.error().message;
  const auto found = find_default_branch(*git, repository);
  if (found) return "";
  const auto branches = git::list_branches(*git);
  if (branches && branches->empty()) return std::string(has_no_commit);
  return found.error().message;
}

Result<core::Repository> require_repository(Reader& db, const std::string& owner,
                                            const std::string& name) {
  auto repository = store::find_repository(db, owner, name);
  if (!repository) {
    return fail(ErrorCode::not_found, "There is no repository \"" + owner + "/" + name + "\"",
                "repository_not_found");
  }
  return std::move(*repository);
}

Result<core::Registration> create_repository(const Context& context, const core::Actor& actor,
                                             const NewRepository& input) {
  TRY(core::check_login(input.owner, core::AccountKind::organization));
  TRY(core::check_repository_name(input.name));
  // An early check, before a folder is made; the insert below decides.
  TRY(context.database.read([&](Reader& db) -> Result<void> {
    if (store::find_repository(db, input.owner, input.name)) {
      return repository_exists(input.owner, input.name);
    }
    return {};
  }));
  const bool make_bare = input.path.empty();
  core::Registration made;
  core::Repository& repository = made.repository;
  repository.name = input.name;
  repository.visibility = input.visibility;
  repository.writable = input.writable || make_bare;
  repository.auto_merge = input.auto_merge.value_or(
      repository.writable ? core::MergePolicy::merge : core::MergePolicy::ignore);
  repository.alternates = input.alternates;
  TRY(check_merge_policy(repository));
  std::filesystem::path path = input.path;
  if (make_bare) {
    // A random folder name: names from requests never reach the file system.
    path = context.repositories_directory / (hex(random_bytes(16)) + ".git");
    TRY(git::create_bare(path, "main"));
  }
  made.found = TRY(look_at_folder(repository, path));
  TRY(take_head(repository));
  if (!TRY(has_default_branch(repository))) {
    made.found.push_back("Its default branch, " + repository.default_branch +
                         ", has no commit yet.");
  }
  return change(context, actor, [&](Change& change) -> Result<core::Registration> {
    repository.created_at = repository.updated_at = change.now;
    repository.owner = ensure_owner(change, input.owner);
    auto id = store::insert_repository(change.rows, repository);
    if (!id) return repository_exists(input.owner, input.name);
    repository.id = *id;
    change.audit({"repository.create", id, id->value});
    return made;
  });
}

Result<std::vector<core::RepositoryHealth>> list_repositories(const Context& context) {
  std::vector<core::RepositoryHealth> list;
  for (core::Repository& registered : TRY(context.database.read(store::list_repositories))) {
    core::Repository repository = follow_head(context, std::move(registered));
    std::string problem = find_problem(repository);
    list.push_back({std::move(repository), std::move(problem)});
  }
  return list;
}

}  // namespace esclusa::app
