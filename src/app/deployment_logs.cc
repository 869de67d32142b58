#include "app/deployment_logs.h"

#include <algorithm>
#include <utility>

#include "app/change.h"
#include "app/deployments.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/claim.h"
#include "store/claims.h"
#include "store/deployment_logs.h"
#include "store/deployments.h"

namespace esclusa::app {

Result<LogExtent> append_log(const Context& context, const RepositoryAccess& access,
                             DeploymentId id, int64_t offset, std::string_view text) {
  if (!is_utf8(text) || text.contains('\0')) {
    return fail(ErrorCode::invalid, "A log is UTF-8 text without NUL.", "invalid_log_text");
  }
  return change(context, access.actor, [&](Change& change) -> Result<LogExtent> {
    // Only the first part of a log is audited.
    change.skip_audit();
    TRY(get_deployment(change.rows, access, id));
    const auto claim = store::find_latest_claim(change.rows, id);
    if (claim && core::is_live(*claim) && !core::is_owner(*claim, change.actor)) {
      return fail(ErrorCode::conflict,
                  "The owner of the claim " + std::to_string(claim->id.value) + " writes the log.",
                  "claimed");
    }
    const auto found = store::find_log(change.rows, id);
    const auto known = found.value_or(store::DeploymentLog{});
    if (offset > known.size) return LogExtent{known.size, false};
    const auto end = offset + static_cast<int64_t>(text.size());
    const std::string repeated =
        store::read_log(change.rows, id, offset, std::min(end, known.size));
    if (!text.starts_with(repeated)) return LogExtent{known.size, false};
    if (end <= known.size) return LogExtent{known.size};
    if (end > limits::deployment_log_bytes || known.part_count >= limits::deployment_log_parts) {
      return fail(ErrorCode::too_large, "The log is full.", "log_full");
    }
    if (!store::append_log(change.rows, id, known, text.substr(repeated.size()), change.now)) {
      return fail(ErrorCode::unavailable, "Somebody else writes the log.", "overloaded");
    }
    if (!found) change.audit({"deployment_log.create", access.repository.id, id.value});
    return LogExtent{end};
  });
}

Result<int64_t> log_size(Reader& db, const RepositoryAccess& access, DeploymentId id) {
  if (!store::find_deployment(db, access.repository.id, id)) return not_found();
  const auto log = store::find_log(db, id);
  if (!log) return not_found();
  return log->size;
}

Result<std::string> read_log(Reader& db, DeploymentId id, int64_t begin, int64_t end) {
  std::string text = store::read_log(db, id, begin, end);
  if (std::cmp_less(text.size(), end - begin)) return not_found();
  return text;
}

}  // namespace esclusa::app
