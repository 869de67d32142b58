#pragma once
#include <filesystem>
#include <string_view>
#include <system_error>
#include <vector>

namespace esclusa::git {

/// The lines of an `objects/info/alternates` file that name a folder.
std::vector<std::string_view> alternate_lines(std::string_view text);

/// The folder that git takes such a line for, without symbolic links. `objects` is the object
/// folder that contains the file. `error` is set if the folder cannot be found.
std::filesystem::path resolve_alternate(const std::filesystem::path& objects, std::string_view line,
                                        std::error_code& error);

}  // namespace esclusa::git
