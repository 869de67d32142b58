#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "git/folder.h"

namespace esclusa::git {

/// The last value of `name` (in lower case) in the section `[core]` of the repository's own
/// configuration; `true` if the key has no value. Included files are not read.
Result<std::optional<std::string>> read_core_setting(const Folder& repository,
                                                     std::string_view name);

}  // namespace esclusa::git
