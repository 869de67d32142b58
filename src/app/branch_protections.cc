#include "app/branch_protections.h"

#include "app/gates.h"
#include "app/repositories.h"
#include "base/limits.h"
#include "store/branch_protections.h"
#include "store/environments.h"
#include "store/events.h"
#include "wire/json_writer.h"

namespace esclusa::app {
namespace {

struct Change {
  std::string_view action;
  BranchProtectionId id;
  const std::string& pattern;
};

/// Records a change of a repository's protections, and judges again the deployments whose gates
/// depend on them.
void record(store::Connection& tx, const Context& context, const RepositoryAccess& by,
            const Change& change) {
  wire::JsonWriter detail;
  detail.begin_object().member("pattern", change.pattern).end_object();
  store::insert_audit(tx, by.principal,
                      {change.action, by.repository.id, change.id.value, detail.take()},
                      context.now());
  for (EnvironmentNameId name : store::list_guarded_by_protection(tx, by.repository.id)) {
    judge_environment(tx, context, by, name);
  }
}

}  // namespace

Result<std::vector<core::BranchProtection>> list_branch_protections(const Context& context,
                                                                    const std::string& owner,
                                                                    const std::string& name) {
  return context.database.read(
      [&](store::Connection& db) -> Result<std::vector<core::BranchProtection>> {
        const auto repository = TRY(require_repository(db, owner, name));
        return store::list_branch_protections(db, repository.id);
      });
}

Result<void> protect_branches(const Context& context, const core::Principal& principal,
                              const std::string& owner, const std::string& name,
                              const std::string& pattern) {
  TRY(core::check_ref_pattern(pattern, "BranchProtection", "pattern"));
  auto changed = context.database.write([&](store::Connection& tx) -> Result<void> {
    auto repository = TRY(require_repository(tx, owner, name));
    const auto id = store::insert_branch_protection(tx, repository.id, pattern, context.now());
    if (!id) return {};
    if (store::list_branch_protections(tx, repository.id).size() > limits::branch_protections) {
      return fail(ErrorCode::invalid, "A repository has at most 500 branch protections",
                  "too_many_branch_protections");
    }
    record(tx, context, {principal, std::move(repository), core::Role::admin},
           {"branch_protection.create", *id, pattern});
    return {};
  });
  if (changed) context.events_committed();
  return changed;
}

Result<void> unprotect_branches(const Context& context, const core::Principal& principal,
                                const std::string& owner, const std::string& name,
                                const std::string& pattern) {
  auto changed = context.database.write([&](store::Connection& tx) -> Result<void> {
    auto repository = TRY(require_repository(tx, owner, name));
    const auto id = store::delete_branch_protection(tx, repository.id, pattern);
    if (!id) {
      return fail(ErrorCode::not_found,
                  "\"" + pattern + "\" protects no branches of " + repository.full_name(),
                  "branch_protection_not_found");
    }
    record(tx, context, {principal, std::move(repository), core::Role::admin},
           {"branch_protection.delete", *id, pattern});
    return {};
  });
  if (changed) context.events_committed();
  return changed;
}

}  // namespace esclusa::app
