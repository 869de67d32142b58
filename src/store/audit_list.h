#pragma once
#include <optional>

#include "core/audit.h"
#include "sql/connection.h"

namespace esclusa::store {

/// The most rows of an index that one page looks at, for each value of the filter that it follows.
inline constexpr int64_t audit_rows_looked_at = 1000;

/// One page of the audit log, newest first, of one repository or of all. Each filter has an index.
/// The page follows the filter that has the fewest rows, and tests the others in its rows; it ends
/// early after `audit_rows_looked_at` of them, so that no page costs more with a longer history.
/// Times are found by halving the ids: if the clock was set back once, rows of the times that were
/// there twice may be left out. `invalid` for an account or a repository that is not there.
Result<core::AuditPage> list_audit(sql::Reader& db, const core::AuditQuery& query,
                                   std::optional<RepositoryId> repository = {});

}  // namespace esclusa::store
