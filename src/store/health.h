#pragma once
#include <optional>
#include <vector>

#include "core/doctor.h"
#include "sql/connection.h"

/// What `esclusa doctor` looks up in the database. It reads whole tables of settings, and of each
/// table that grows only the newest rows.
namespace esclusa::store {

/// The latest time among the 1,000 newest rows of the audit log; nothing if there is none. If the
/// clock was set back, it is not that of the newest row.
std::optional<Timestamp> find_latest_audit_time(sql::Reader& db);
/// When the latest backups were made, newest first, at most ten.
std::vector<Timestamp> list_backup_times(sql::Reader& db);
/// All webhooks, with their dead letters since then (at most 1,000 are counted).
std::vector<core::doctor::HookFacts> list_hook_facts(sql::Reader& db, Timestamp since);
/// The environments for which agents have tokens that work now, with what waits there (at most
/// 1,000 deployments are counted).
std::vector<core::doctor::AgentFacts> list_agent_facts(sql::Reader& db, Timestamp now);

}  // namespace esclusa::store
