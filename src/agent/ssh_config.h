#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "agent/config.h"
#include "agent/toml_table.h"

/// The settings of a `[[deploy]]` entry that are about SSH.
namespace esclusa::agent {

/// `ssh_key` and `ssh_known_hosts`: both if `git` is reached by SSH, and otherwise neither.
Result<std::optional<SshAccess>> read_git_access(TomlTable& table, const std::string& git,
                                                 const std::filesystem::path& folder);

/// `target` with `target_key` and `target_known_hosts`, if it is there.
Result<std::optional<Target>> read_target(TomlTable& table, const std::filesystem::path& folder);

}  // namespace esclusa::agent
