#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.h"

/// Files that survive a crash. Errors are `unavailable` and name the file. May be called from any
/// thread.
namespace esclusa::agent {

/// The whole content of a file.
Result<std::string> read_file(const std::filesystem::path& file);

/// Creates or replaces a file atomically (mode 0600): writes a new file, syncs and renames it, and
/// syncs the folder. After a crash the file has either the old or the new text.
Result<void> write_durably(const std::filesystem::path& file, std::string_view text);

/// Creates a folder and its parents (mode 0700), unless they exist.
Result<void> make_folders(const std::filesystem::path& folder);

/// Syncs a folder, so that created and removed names in it survive a crash.
Result<void> sync_folder(const std::filesystem::path& folder);

/// Renames a folder if the new name is free; false if it is taken. Does not sync.
Result<bool> move_if_free(const std::filesystem::path& from, const std::filesystem::path& to);

/// Exchanges two names in one step: each becomes the name of what the other one named. Does not
/// sync.
Result<void> exchange(const std::filesystem::path& a, const std::filesystem::path& b);

/// Removes a file; a missing file is no error.
Result<void> remove_durably(const std::filesystem::path& file);

/// The error for the current errno.
std::unexpected<Error> file_error(const std::string& what, const std::filesystem::path& file);

}  // namespace esclusa::agent
