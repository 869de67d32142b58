#pragma once
#include "base/error.h"
#include "bin/settings.h"

namespace esclusa {

/// Runs a node as a process: until SIGTERM or SIGINT; what is in flight is answered first. SIGHUP
/// reads the TLS certificate again.
Result<void> serve(const ServerSettings& settings);

}  // namespace esclusa
