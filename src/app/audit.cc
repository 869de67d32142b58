#include "app/audit.h"

#include "store/audit_list.h"

namespace esclusa::app {

Result<core::AuditPage> list_audit(Reader& db, const core::Actor& actor,
                                   const core::AuditQuery& query) {
  // An installation acts for its app, whatever its bot is.
  const bool is_site_admin =
      actor.account() != nullptr && actor.account()->site_admin && actor.installation() == nullptr;
  if (!is_site_admin && !actor.is_local_administrator()) {
    return fail(ErrorCode::forbidden, "You must be a site administrator.", "not_site_admin");
  }
  return store::list_audit(db, query);
}

Result<core::AuditPage> list_audit(Reader& db, const RepositoryAccess& access,
                                   const core::AuditQuery& query) {
  return store::list_audit(db, query, access.repository.id);
}

}  // namespace esclusa::app
