#pragma once
#include "base/json_writer.h"
#include "core/collaborator.h"
#include "wire/urls.h"

namespace esclusa::wire {

/// GitHub's `collaborator`: an account with its permissions.
void write_collaborator(JsonWriter& json, const core::Collaborator& collaborator, const Urls& urls);

/// GitHub's `repository-collaborator-permission`. Its `permission` uses the older names: `triage`
/// is `read`, and `maintain` is `write`.
void write_collaborator_permission(JsonWriter& json, const core::Collaborator& collaborator,
                                   const Urls& urls);

}  // namespace esclusa::wire
