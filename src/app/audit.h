#pragma once
#include "app/access.h"
#include "core/audit.h"

/// The audit log, as it is read. To read it changes nothing, and leaves no row.
namespace esclusa::app {

/// Of the whole server: for site administrators and the local administrator; `forbidden` for all
/// others. Other errors as store::list_audit.
Result<core::AuditPage> list_audit(Reader& db, const core::Actor& actor,
                                   const core::AuditQuery& query);
/// Of one repository.
Result<core::AuditPage> list_audit(Reader& db, const RepositoryAccess& access,
                                   const core::AuditQuery& query);

}  // namespace esclusa::app
