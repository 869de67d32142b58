#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "git/folder.h"

namespace esclusa::git {

/// The last value of `NAME` in the section `[core]` of the repository's own configuration, in lower
/// case; `true` where it stands without a value. Included files are not looked at, and nothing else
/// of a configuration counts.
Result<std::optional<std::string>> read_core_setting(const Folder& repository,
                                                     std::string_view name);

}  // namespace esclusa::git
