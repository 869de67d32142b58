#pragma once
#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "git/folder.h"

/// The folders that `repo add` examines. Errors are sentences for the user who registers a
/// repository; they begin with the path.
namespace esclusa::git {

/// An examined folder, and its path.
struct Place {
  std::filesystem::path path;
  Folder folder;

  struct stat status() const;
};

std::unexpected<Error> refuse(const std::filesystem::path& path, std::string_view problem,
                              const char* reason_code = "repository_refused");
/// The error for a path that could not be opened.
std::unexpected<Error> cannot_open(const std::filesystem::path& path, const Error& error);

Result<Place> open_place(const std::filesystem::path& path);
/// A folder inside another; nothing if it does not exist.
Result<std::optional<Place>> find_place(const Place& parent, const std::string& name);
/// A file of at most `limit` bytes; nothing if it does not exist.
Result<std::optional<std::string>> read_file(const Place& place, const std::string& name,
                                             size_t limit);

/// The user name that the server runs as.
std::string server_user();
/// The group's name, or its number if it has none.
std::string group_name(gid_t group);
/// `It belongs to git:git, mode 2775.`
std::string ownership(const struct stat& status);

}  // namespace esclusa::git
