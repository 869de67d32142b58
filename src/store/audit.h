#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "core/actor.h"
#include "sql/connection.h"

namespace esclusa::store {

/// What an audit row says beside who acted and when. `detail` is JSON text without secrets.
struct AuditEntry {
  std::string_view action;  ///< `deployment.create`
  std::optional<RepositoryId> repository_id;
  int64_t target_id = 0;
  std::string detail = "{}";
};
void insert_audit(sql::Writer& tx, const core::Actor& actor, const AuditEntry& entry,
                  Timestamp now);

}  // namespace esclusa::store
