#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/actor.h"
#include "core/deployment.h"
#include "core/page.h"
#include "sql/connection.h"

namespace esclusa::store {

/// Inserts the deployment; the actor is its creator. `deployment.id` is ignored.
DeploymentId insert_deployment(sql::Writer& tx, const core::Deployment& deployment,
                               const core::Actor& creator);
std::optional<core::Deployment> find_deployment(sql::Reader& db, RepositoryId repository,
                                                DeploymentId id);
/// The name of the environment that the deployment was created for; nothing if it was deleted.
std::optional<EnvironmentNameId> find_original_environment(sql::Reader& db, DeploymentId id);
/// Newest first.
core::Listing<core::Deployment> list_deployments(sql::Reader& db, RepositoryId repository,
                                                 const core::DeploymentFilter& filter,
                                                 const core::Page& page);
/// The deployments that a success of `newer` makes inactive (`core::is_made_inactive_by`), oldest
/// first. Reads no others.
std::vector<core::Deployment> list_made_inactive(sql::Reader& db, const core::Deployment& newer);
/// Makes other writers of this deployment wait until this transaction ends. SQLite needs no lock,
/// as it has only one writer.
void lock_deployment(sql::Writer& tx, DeploymentId id);
/// Moves a held deployment to that phase. If it is not held any more, changes nothing and returns
/// false.
bool leave_held(sql::Writer& tx, DeploymentId id, core::DeploymentPhase to, Timestamp now);
/// The held deployments of the environment, oldest first.
std::vector<core::Deployment> list_held(sql::Reader& db, EnvironmentNameId environment);
/// The held deployments of the repository, by environment.
std::vector<core::Deployment> list_held(sql::Reader& db, RepositoryId repository);
/// A page of all held deployments, by environment: the first ones after that deployment, or of all.
std::vector<core::Deployment> list_held(sql::Reader& db,
                                        const std::optional<core::Deployment>& after, int count);
/// The held deployments of which a gate opens by time alone, between these two times. The earliest
/// come first.
std::vector<core::Deployment> list_due(sql::Reader& db, Timestamp from, Timestamp until, int count);
bool is_only_deployment(sql::Reader& db, const core::Deployment& deployment);
/// Deletes the deployment with its statuses, verdicts and reviews, and notes that git need not keep
/// the commit on its behalf. Events stay.
void delete_deployment(sql::Writer& tx, DeploymentId id);

/// Reserves the next `event_no` of the deployment.
int64_t next_event_no(sql::Writer& tx, DeploymentId deployment);

}  // namespace esclusa::store
