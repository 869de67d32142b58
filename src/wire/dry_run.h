#pragma once
#include "base/json_writer.h"
#include "core/dry_run.h"

namespace esclusa::wire {

/// What a create request would do now.
void write_dry_run(JsonWriter& json, const core::DryRun& run, const core::NewDeployment& input);

}  // namespace esclusa::wire
