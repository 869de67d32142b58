#include "app/default_branch.h"
#include "app/registration.h"
#include "app/repositories.h"
#include "base/text.h"
#include "core/names.h"
#include "store/events.h"
#include "store/repositories.h"
#include "wire/json_writer.h"

namespace esclusa::app {
namespace {

using core::DefaultBranchSource;

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

/// The repository with the change applied, except for its name. Asks git.
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
  // A repository that becomes read-only loses the settings that need it to be writable.
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

/// The audit detail of a change: the members that differ, with their new values.
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

}  // namespace esclusa::app
