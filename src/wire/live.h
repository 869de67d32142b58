#pragma once
#include "base/json_writer.h"
#include "core/live.h"
#include "core/repository.h"
#include "wire/urls.h"

/// What is live. GitHub has no such list.
namespace esclusa::wire {

/// `{"repository", "environment", "task", "live", "latest", "waiting_count", "transient"}`. `live`
/// is null or a deployment, `latest` a deployment, `transient` an array of deployments: `{"id",
/// "sha", "ref", "state", "description", "creator", "production_environment",
/// "transient_environment", "kind", "origin", "created_at", "updated_at", "url"}`, with the
/// creator's login, and null for a state without a status and for the origin of a `deploy`.
void write_live(JsonWriter& json, const core::Live& live, const core::Repository& repository,
                const Urls& urls);

}  // namespace esclusa::wire
