#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.h"

/// Files that survive a crash. Errors are `unavailable` and name the file. Any thread.
namespace esclusa::agent {

/// The whole of a file.
Result<std::string> read_file(const std::filesystem::path& file);

/// Replaces or makes a file as a whole (mode 0600): written aside, synced, renamed, and the
/// folder synced, so that after a crash there is the old text or the new one.
Result<void> write_durably(const std::filesystem::path& file, std::string_view text);

/// Makes a folder and its parents (mode 0700), unless they are there.
Result<void> make_folders(const std::filesystem::path& folder);

/// Makes names in a folder, and their absence, survive a crash.
Result<void> sync_folder(const std::filesystem::path& folder);

/// Moves a folder to a name that is free. False if the name is taken. Nothing is synced.
Result<bool> move_if_free(const std::filesystem::path& from, const std::filesystem::path& to);

/// Removes a file; it is no error if there is none.
Result<void> remove_durably(const std::filesystem::path& file);

/// The error for errno.
std::unexpected<Error> file_error(const std::string& what, const std::filesystem::path& file);

}  // namespace esclusa::agent
