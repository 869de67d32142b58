#pragma once
#include "base/json_writer.h"
#include "core/quota.h"
#include "wire/api_version.h"

namespace esclusa::wire {

/// GitHub's `rate-limit-overview`. Every request counts as `core`, whatever its path.
void write_rate_limit(JsonWriter& json, const core::Quota& quota, ApiVersion version);

}  // namespace esclusa::wire
