#include "app/change.h"
#include "app/default_branch.h"
#include "app/registration.h"
#include "app/repositories.h"
#include "base/text.h"
#include "core/names.h"
#include "store/repositories.h"
#include "wire/audit_detail.h"

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
Result<core::Registration> plan_change(const core::Repository& before,
                                       const core::RepositoryChange& changes) {
  core::Registration changed{before, {}};
  core::Repository& repository = changed.repository;
  if (changes.description) {
    TRY(check_description(*changes.description));
    repository.description = *changes.description;
    if (repository.description && repository.description->empty()) repository.description.reset();
  }
  repository.visibility = changes.visibility.value_or(before.visibility);
  repository.writable = changes.writable.value_or(before.writable);
  repository.auto_merge = changes.auto_merge.value_or(before.auto_merge);
  // A repository that becomes read-only loses the settings that need it to be writable.
  const bool merges = repository.auto_merge == core::MergePolicy::merge;
  if (merges && !repository.writable && !changes.auto_merge) {
    repository.auto_merge = core::MergePolicy::ignore;
  }
  TRY(check_merge_policy(repository));
  repository.alternates = changes.alternates.value_or(before.alternates);
  if (changes.path || changes.alternates || changes.writable) {
    changed.found = TRY(look_at_folder(repository, changes.path.value_or(before.path)));
  }
  const bool follows = before.default_branch_source != DefaultBranchSource::set;
  if (changes.default_branch) {
    TRY(change_default_branch(repository, *changes.default_branch));
  } else if (changes.path && follows) {
    TRY(take_head(repository));
  }
  return changed;
}

/// The audit detail of a change: the members that differ, with their new values.
std::string detail_of(const core::Repository& before, const core::Repository& now) {
  const std::string alternates = join(now.alternates, "\n");
  std::vector<wire::AuditMember> members;
  if (before.name != now.name) members.push_back({"name", now.name});
  if (before.description != now.description) {
    members.push_back({"description", nullptr});
    if (now.description) members.back().value = std::string_view(*now.description);
  }
  if (before.visibility != now.visibility) {
    members.push_back({"visibility", core::to_name(now.visibility)});
  }
  if (before.default_branch != now.default_branch ||
      before.default_branch_source != now.default_branch_source) {
    members.push_back({"default_branch", now.default_branch});
    members.push_back({"default_branch_source", core::to_name(now.default_branch_source)});
  }
  if (before.writable != now.writable) members.push_back({"writable", now.writable});
  if (before.auto_merge != now.auto_merge) {
    members.push_back({"auto_merge", core::to_name(now.auto_merge)});
  }
  if (before.path != now.path) members.push_back({"path", now.path});
  if (before.alternates != now.alternates) members.push_back({"alternates", alternates});
  return wire::audit_detail(members);
}

Result<core::Registration> update_found(const Context& context, const core::Actor& actor,
                                        const core::Repository& found,
                                        const core::RepositoryChange& changes) {
  const core::Repository before = follow_head(context, found);
  if (changes.name) TRY(core::check_repository_name(*changes.name));
  core::Registration changed = TRY(plan_change(before, changes));
  core::Repository& repository = changed.repository;
  return change(context, actor, [&](Change& change) -> Result<core::Registration> {
    const auto current = store::find_repository(change.rows, before.id);
    if (!current || current->removed_at) return not_found();
    if (detail_of(before, *current) != "{}") {
      return fail(ErrorCode::conflict, "The repository was changed meanwhile. Try again.",
                  "changed_meanwhile");
    }
    if (changes.name && *changes.name != before.name) {
      if (!store::rename_repository(change.rows, before, *changes.name, change.now)) {
        return repository_exists(before.owner.login, *changes.name);
      }
      repository.name = *changes.name;
    }
    const std::string detail = detail_of(before, repository);
    if (detail == "{}") {
      change.skip_audit();  // the repository is as it was
      return changed;
    }
    repository.updated_at = change.now;
    store::update_repository(change.rows, repository);
    change.audit({"repository.update", repository.id, repository.id.value, detail});
    return changed;
  });
}

}  // namespace

Result<core::Registration> update_repository(const Context& context, const core::Actor& actor,
                                             RepositoryId id,
                                             const core::RepositoryChange& changes) {
  const auto found =
      TRY(context.database.read([&](Reader& db) { return store::find_repository(db, id); }));
  if (!found) return not_found();
  return update_found(context, actor, *found, changes);
}

Result<core::Registration> update_repository(const Context& context, const core::Actor& actor,
                                             const std::string& owner, const std::string& name,
                                             const core::RepositoryChange& changes) {
  const auto found =
      TRY(context.database.read([&](Reader& db) { return require_repository(db, owner, name); }));
  return update_found(context, actor, found, changes);
}

}  // namespace esclusa::app
