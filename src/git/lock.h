#pragma once
#include <filesystem>
#include <string>

namespace esclusa::git {

/// Removes the lock that a move of `ref` (a full name) to the commit `to` has left when it was
/// killed: it would keep everybody off the ref, for ever. True if there was one. Any other lock
/// stays: an empty one, too, may be that of a living process.
bool remove_left_lock(const std::filesystem::path& git_directory, const std::string& ref,
                      const std::string& to);

}  // namespace esclusa::git
