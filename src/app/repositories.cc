#include "app/repositories.h"

#include <algorithm>

#include "app/default_branch.h"
#include "app/deployment_events.h"
#include "app/gates.h"
#include "base/text.h"
#include "core/names.h"
#include "git/head.h"
#include "git/registration.h"
#include "git/repository.h"
#include "store/accounts.h"
#include "store/deliveries.h"
#include "store/deploy_keys.h"
#include "store/deployments.h"
#include "store/events.h"
#include "store/hooks.h"
#include "store/repositories.h"
#include "wire/json_writer.h"

namespace esclusa::app {
namespace {

using core::DefaultBranchSource;

std::unexpected<Error> repository_exists(const std::string& owner, const std::string& name) {
  return fail(ErrorCode::invalid, "The repository \"" + owner + "/" + name + "\" exists already",
              "repository_exists");
}

Result<void> check_merge_policy(const core::Repository& repository) {
  if (repository.auto_merge != core::MergePolicy::merge || repository.writable) return {};
  return fail(ErrorCode::invalid, "auto_merge can only merge in a repository that is writable",
              "not_writable");
}

/// The account of that login; an organization is made where there is none.
core::Account ensure_owner(store::Connection& tx, const core::Principal& principal,
                           const std::string& login, Timestamp now) {
  if (auto found = store::find_account(tx, login)) return *found;
  core::Account owner;
  owner.login = login;
  owner.kind = core::AccountKind::organization;
  owner.created_at = owner.updated_at = now;
  owner.id = store::insert_account(tx, owner).value();
  store::insert_audit(tx, principal, {"account.create", std::nullopt, owner.id.value}, now);
  return owner;
}

/// Looks at the folder as it is declared, and writes down what follows from it; gives what was
/// found.
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

/// Takes HEAD's branch for the default branch, which from now on follows it in a bare repository.
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
      repository.is_bare ? DefaultBranchSource::head : DefaultBranchSource::set;
  return {};
}

Result<bool> has_default_branch(const core::Repository& repository) {
  const auto git = TRY(git::Repository::open(repository));
  return TRY(git.resolve("refs/heads/" + repository.default_branch)).has_value();
}

}  // namespace

Result<core::Repository> require_repository(store::Connection& db, const std::string& owner,
                                            const std::string& name) {
  auto repository = store::find_repository(db, owner, name);
  if (!repository) {
    return fail(ErrorCode::not_found, "There is no repository \"" + owner + "/" + name + "\"",
                "repository_not_found");
  }
  return std::move(*repository);
}

Result<Registration> create_repository(const Context& context, const core::Principal& principal,
                                       const NewRepository& input) {
  TRY(core::check_login(input.owner, core::AccountKind::organization));
  TRY(core::check_repository_name(input.name));
  // Asked before a folder is made; the insert below decides.
  TRY(context.database.read([&](store::Connection& db) -> Result<void> {
    if (store::find_repository(db, input.owner, input.name)) {
      return repository_exists(input.owner, input.name);
    }
    return {};
  }));
  const bool make_bare = input.path.empty();
  Registration made;
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
    // A random folder: names from requests never touch the file system.
    path = context.repositories_directory / (hex(random_bytes(16)) + ".git");
    TRY(git::create_bare(path, "main"));
  }
  made.found = TRY(look_at_folder(repository, path));
  TRY(take_head(repository));
  if (!TRY(has_default_branch(repository))) {
    made.found.push_back("Its default branch, " + repository.default_branch +
                         ", has no commit yet.");
  }
  return context.database.write([&](store::Connection& tx) -> Result<Registration> {
    repository.created_at = repository.updated_at = context.now();
    repository.owner = ensure_owner(tx, principal, input.owner, repository.created_at);
    auto id = store::insert_repository(tx, repository);
    if (!id) return repository_exists(input.owner, input.name);
    repository.id = *id;
    store::insert_audit(tx, principal, {"repository.create", id, id->value}, repository.created_at);
    return made;
  });
}

namespace {

/// What is wrong with the repository's folder, or nothing.
std::string find_problem(core::Repository repository) {
  const auto looked = look_at_folder(repository, repository.path);
  if (!looked) return looked.error().message;
  const auto git = git::Repository::open(repository);
  if (!git) return git.error().message;
  const auto found = find_default_branch(*git, repository);
  return found ? "" : found.error().message;
}

}  // namespace

Result<std::vector<RepositoryHealth>> list_repositories(const Context& context) {
  std::vector<RepositoryHealth> list;
  for (core::Repository& registered : TRY(context.database.read(store::list_repositories))) {
    core::Repository repository = follow_head(context, std::move(registered));
    std::string problem = find_problem(repository);
    list.push_back({std::move(repository), std::move(problem)});
  }
  return list;
}

namespace {

Result<void> check_description(const std::optional<std::string>& description) {
  const std::string& text = description.value_or("");
  if (utf8_length(text) > core::repository_description_chars) {
    return fail_validation({"Repository", "description", "custom",
                            "description cannot be more than " +
                                std::to_string(core::repository_description_chars) + " characters"},
                           "too_long");
  }
  if (has_control_characters(text)) {
    return fail_validation(
        {"Repository", "description", "custom", "description control characters are not allowed"},
        "control_characters");
  }
  return {};
}

Result<void> change_default_branch(core::Repository& repository,
                                   const std::optional<std::string>& branch) {
  if (branch) {
    TRY(check_branch_exists(repository, *branch));
    repository.default_branch = *branch;
    repository.default_branch_source = DefaultBranchSource::set;
    return {};
  }
  if (repository.is_bare) return take_head(repository);
  return fail(ErrorCode::invalid,
              "The repository has a work tree, whose HEAD moves with every checkout. Name the "
              "default branch.",
              "not_bare");
}

/// The repository as the change makes it, but for its name. Asks git.
Result<Registration> plan_change(const core::Repository& before,
                                 const core::RepositoryChange& change) {
  Registration changed{before, {}};
  core::Repository& repository = changed.repository;
  if (change.description) {
    TRY(check_description(*change.description));
    repository.description = *change.description;
    if (repository.description && repository.description->empty()) repository.description.reset();
  }
  repository.visibility = change.visibility.value_or(before.visibility);
  repository.writable = change.writable.value_or(before.writable);
  repository.auto_merge = change.auto_merge.value_or(before.auto_merge);
  // What was a consequence of being writable goes with it.
  const bool merges = repository.auto_merge == core::MergePolicy::merge;
  if (merges && !repository.writable && !change.auto_merge) {
    repository.auto_merge = core::MergePolicy::ignore;
  }
  TRY(check_merge_policy(repository));
  repository.alternates = change.alternates.value_or(before.alternates);
  if (change.path || change.alternates || change.writable) {
    changed.found = TRY(look_at_folder(repository, change.path.value_or(before.path)));
  }
  const bool follows = before.default_branch_source != DefaultBranchSource::set;
  if (change.default_branch) {
    TRY(change_default_branch(repository, *change.default_branch));
  } else if (change.path && follows) {
    TRY(take_head(repository));
  }
  return changed;
}

/// What the audit log tells of a change: the members that differ, as they are now.
std::string detail_of(const core::Repository& before, const core::Repository& now) {
  wire::JsonWriter json;
  json.begin_object();
  if (before.name != now.name) json.member("name", now.name);
  if (before.description != now.description) json.member("description", now.description);
  if (before.visibility != now.visibility) {
    json.member("visibility", core::to_name(now.visibility));
  }
  if (before.default_branch != now.default_branch ||
      before.default_branch_source != now.default_branch_source) {
    json.member("default_branch", now.default_branch)
        .member("default_branch_source", core::to_name(now.default_branch_source));
  }
  if (before.writable != now.writable) json.member("writable", now.writable);
  if (before.auto_merge != now.auto_merge) {
    json.member("auto_merge", core::to_name(now.auto_merge));
  }
  if (before.path != now.path) json.member("path", now.path);
  if (before.alternates != now.alternates) json.member("alternates", join(now.alternates, "\n"));
  return json.end_object().take();
}

Result<Registration> update_found(const Context& context, const core::Principal& principal,
                                  const core::Repository& found,
                                  const core::RepositoryChange& change) {
  const core::Repository before = follow_head(context, found);
  if (change.name) TRY(core::check_repository_name(*change.name));
  Registration changed = TRY(plan_change(before, change));
  core::Repository& repository = changed.repository;
  return context.database.write([&](store::Connection& tx) -> Result<Registration> {
    const auto current = store::find_repository(tx, before.id);
    if (!current || current->removed_at) return not_found();
    if (detail_of(before, *current) != "{}") {
      return fail(ErrorCode::conflict, "The repository was changed meanwhile. Try again.",
                  "changed_meanwhile");
    }
    const Timestamp now = context.now();
    if (change.name && *change.name != before.name) {
      if (!store::rename_repository(tx, before, *change.name, now)) {
        return repository_exists(before.owner.login, *change.name);
      }
      repository.name = *change.name;
    }
    const std::string detail = detail_of(before, repository);
    if (detail == "{}") return changed;
    repository.updated_at = now;
    store::update_repository(tx, repository);
    store::insert_audit(tx, principal,
                        {"repository.update", repository.id, repository.id.value, detail}, now);
    return changed;
  });
}

}  // namespace

Result<Registration> update_repository(const Context& context, const core::Principal& principal,
                                       RepositoryId id, const core::RepositoryChange& change) {
  const auto found = TRY(
      context.database.read([&](store::Connection& db) { return store::find_repository(db, id); }));
  if (!found) return not_found();
  return update_found(context, principal, *found, change);
}

Result<Registration> update_repository(const Context& context, const core::Principal& principal,
                                       const std::string& owner, const std::string& name,
                                       const core::RepositoryChange& change) {
  const auto found = TRY(context.database.read(
      [&](store::Connection& db) { return require_repository(db, owner, name); }));
  return update_found(context, principal, found, change);
}

namespace {

/// Ends what the repository holds, each with a status that says why; how many there were.
size_t end_all_held(store::Connection& tx, const Context& context, const RepositoryAccess& by,
                    Timestamp now) {
  size_t count = 0;
  for (core::Deployment& deployment : store::list_held(tx)) {
    if (deployment.repository_id != by.repository.id) continue;
    RepositoryAccess named = by;
    if (!named.principal.account) named.principal.account = deployment.creator;
    end_held(tx, context, by, deployment, core::DeploymentTrigger::repository_removed);
    record_status(tx, context, named, deployment, core::DeploymentState::failure,
                  "The repository was removed.", now);
    ++count;
  }
  return count;
}

}  // namespace

Result<Removal> remove_repository(const Context& context, const core::Principal& principal,
                                  const std::string& owner, const std::string& name) {
  auto removed = context.database.write([&](store::Connection& tx) -> Result<Removal> {
    Removal removal{.repository = TRY(require_repository(tx, owner, name))};
    const core::Repository& repository = removal.repository;
    const Timestamp now = context.now();
    removal.deployment_count =
        end_all_held(tx, context, {principal, repository, core::Role::admin}, now);
    for (const core::Hook& hook : store::list_hooks(tx, context.sealer, repository.id)) {
      store::delete_hook(tx, hook.id, now);
      ++removal.hook_count;
    }
    // What an organization's hook was still to hear is news, unless it makes somebody deploy.
    store::cancel_deployment_events(tx, repository.id);
    removal.deploy_key_count = store::delete_deploy_keys(tx, repository.id, now);
    store::remove_repository(tx, repository, now);
    store::insert_audit(tx, principal, {"repository.remove", repository.id, repository.id.value},
                        now);
    return removal;
  });
  if (removed) context.events_committed();
  return removed;
}

}  // namespace esclusa::app
