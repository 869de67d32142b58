#include "app/deployment_logs.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "store/deployment_logs.h"
#include "store/deployments.h"
#include "store/events.h"

namespace esclusa::app {

Result<LogExtent> append_log(const Context& context, const RepositoryAccess& access,
                             DeploymentId id, int64_t offset, std::string_view text) {
  if (!is_utf8(text) || text.contains('\0')) {
    return fail(ErrorCode::invalid, "A log is UTF-8 text without NUL.", "invalid_log_text");
  }
  return context.database.write([&](store::Connection& tx) -> Result<LogExtent> {
    if (!store::find_deployment(tx, access.repository.id, id)) return not_found();
    const auto found = store::find_log(tx, id);
    const auto known = found.value_or(store::DeploymentLog{});
    if (offset > known.size) return LogExtent{known.size, false};
    const auto end = offset + static_cast<int64_t>(text.size());
    const std::string repeated = store::read_log(tx, id, offset, std::min(end, known.size));
    if (!text.starts_with(repeated)) return LogExtent{known.size, false};
    if (end <= known.size) return LogExtent{known.size};
    if (end > limits::deployment_log_bytes || known.part_count >= limits::deployment_log_parts) {
      return fail(ErrorCode::too_large, "The log is full.", "log_full");
    }
    const Timestamp now = context.now();
    if (!store::append_log(tx, id, known, text.substr(repeated.size()), now)) {
      return fail(ErrorCode::unavailable, "Somebody else writes the log.", "overloaded");
    }
    if (!found) {  // only the first part is audited
      store::insert_audit(tx, access.principal,
                          {"deployment_log.create", access.repository.id, id.value}, now);
    }
    return LogExtent{end};
  });
}

Result<LogPart> read_log(const Context& context, const RepositoryAccess& access, DeploymentId id,
                         int64_t begin, int64_t end) {
  return context.database.read([&](store::Connection& db) -> Result<LogPart> {
    if (!store::find_deployment(db, access.repository.id, id)) return not_found();
    const auto log = store::find_log(db, id);
    if (!log) return not_found();
    return LogPart{log->size, store::read_log(db, id, begin, std::min(end, log->size))};
  });
}

}  // namespace esclusa::app
