#pragma once
#include <filesystem>
#include <map>
#include <string>

#include "base/error.h"

namespace esclusa {

/// Runs a node as a process, with the settings of the file (none if the path is empty), the
/// environment and the flags: until SIGTERM or SIGINT; what is in flight is answered first. SIGHUP
/// reads the settings again (bin/reload.h).
Result<void> serve(const std::filesystem::path& file,
                   const std::map<std::string, std::string>& flags);

}  // namespace esclusa
