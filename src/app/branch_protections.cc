#include "app/branch_protections.h"

#include "app/change.h"
#include "app/gates.h"
#include "app/repositories.h"
#include "base/limits.h"
#include "store/branch_protections.h"
#include "store/environments.h"
#include "wire/audit_detail.h"

namespace esclusa::app {
namespace {

/// Judges again the deployments whose gates depend on the repository's protections.
void judge_guarded(Change& change, const core::Repository& repository) {
  for (EnvironmentNameId name : store::list_guarded_by_protection(change.rows, repository.id)) {
    judge_environment(change, repository, name);
  }
}

}  // namespace

Result<std::vector<core::BranchProtection>> list_branch_protections(Reader& db,
                                                                    const std::string& owner,
                                                                    const std::string& name) {
  const auto repository = TRY(require_repository(db, owner, name));
  return store::list_branch_protections(db, repository.id);
}

Result<void> protect_branches(const Context& context, const core::Actor& actor,
                              const std::string& owner, const std::string& name,
                              const std::string& pattern) {
  TRY(core::check_ref_pattern(pattern, "BranchProtection", "pattern"));
  return change(context, actor, [&](Change& change) -> Result<void> {
    const auto repository = TRY(require_repository(change.rows, owner, name));
    const auto id =
        store::insert_branch_protection(change.rows, repository.id, pattern, change.now);
    if (!id) {
      change.skip_audit();  // the pattern is already there
      return {};
    }
    if (store::list_branch_protections(change.rows, repository.id).size() >
        limits::branch_protections) {
      return fail(ErrorCode::invalid, "A repository has at most 500 branch protections",
                  "too_many_branch_protections");
    }
    change.audit({"branch_protection.create", repository.id, id->value,
                  wire::audit_detail({{"pattern", pattern}})});
    judge_guarded(change, repository);
    return {};
  });
}

Result<void> unprotect_branches(const Context& context, const core::Actor& actor,
                                const std::string& owner, const std::string& name,
                                const std::string& pattern) {
  return change(context, actor, [&](Change& change) -> Result<void> {
    const auto repository = TRY(require_repository(change.rows, owner, name));
    const auto id = store::delete_branch_protection(change.rows, repository.id, pattern);
    if (!id) {
      return fail(ErrorCode::not_found,
                  "\"" + pattern + "\" protects no branches of " + repository.full_name(),
                  "branch_protection_not_found");
    }
    change.audit({"branch_protection.delete", repository.id, id->value,
                  wire::audit_detail({{"pattern", pattern}})});
    judge_guarded(change, repository);
    return {};
  });
}

}  // namespace esclusa::app
