#pragma once
#include <chrono>
#include <functional>

#include "app/context.h"
#include "core/doctor.h"

/// What `esclusa doctor` examines with the database: docs/doctor.md.
namespace esclusa::app {

/// Webhooks, agents, backups, and the times of the audit log.
core::Findings examine_rows(Reader& db, Timestamp now);

/// Looks at a repository's folder. Waits for the disk.
core::doctor::RepositoryFacts look_at(const core::Repository& repository);
using Look = std::function<core::doctor::RepositoryFacts(const core::Repository&)>;

/// Looks at each registered repository, for at most so long. What hangs is found, and the thread
/// that waits for it is left to itself.
core::Findings examine_repositories(std::vector<core::Repository> repositories,
                                    std::chrono::milliseconds each, const Look& look = look_at);

/// Both, of a running server.
Result<core::Findings> examine(const Context& context);

}  // namespace esclusa::app
