#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "git/folder.h"

namespace esclusa::git {

/// The last value of `name` in the section `[core]` of the repository's own configuration, in lower
/// case; `true` where it stands without a value. Reads no included files.
Result<std::optional<std::string>> read_core_setting(const Folder& repository,
                                                     std::string_view name);

}  // namespace esclusa::git
