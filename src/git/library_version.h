#pragma once
#include <string>

namespace esclusa::git {

/// The version of libgit2 that this process has loaded: `1.5.1`.
std::string libgit2_version();

}  // namespace esclusa::git
