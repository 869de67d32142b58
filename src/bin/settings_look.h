#pragma once
#include <vector>

#include "bin/settings.h"

namespace esclusa {

/// What is wrong with what settings without problems name, as far as it can be seen without a
/// start: files, a certificate and its key, addresses, a system user. As this user sees it.
std::vector<SettingProblem> look_at_settings(const LoadedSettings& loaded);

}  // namespace esclusa
