#pragma once
#include "base/error.h"
#include "bin/settings.h"

namespace esclusa {

/// Runs the server until SIGTERM or SIGINT; requests in flight are answered first.
Result<void> serve(const ServerSettings& settings);

}  // namespace esclusa
