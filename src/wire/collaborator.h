#pragma once
#include "core/collaborator.h"
#include "wire/json_writer.h"
#include "wire/urls.h"

namespace esclusa::wire {

/// GitHub's `collaborator`: an account, and what it may do.
void write_collaborator(JsonWriter& json, const core::Collaborator& collaborator, const Urls& urls);

/// GitHub's `repository-collaborator-permission`. `permission` has the older words: `triage` is
/// `read` there, and `maintain` is `write`.
void write_collaborator_permission(JsonWriter& json, const core::Collaborator& collaborator,
                                   const Urls& urls);

}  // namespace esclusa::wire
