#pragma once
#include <filesystem>
#include <string_view>
#include <system_error>
#include <vector>

namespace esclusa::git {

/// The lines of a file `objects/info/alternates` that name a folder.
std::vector<std::string_view> alternate_lines(std::string_view text);

/// The folder that such a line means to git, without symbolic links; `objects` is the folder whose
/// file it stands in. `error` if it cannot be found.
std::filesystem::path resolve_alternate(const std::filesystem::path& objects, std::string_view line,
                                        std::error_code& error);

}  // namespace esclusa::git
