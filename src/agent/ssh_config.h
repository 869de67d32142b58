#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "agent/config.h"
#include "agent/toml_table.h"

/// The SSH settings of a `[[deploy]]` entry.
namespace esclusa::agent {

/// `ssh_key` and `ssh_known_hosts`: both are required if git uses SSH, and otherwise neither is
/// allowed.
Result<std::optional<SshAccess>> read_git_access(TomlTable& table, const std::string& git,
                                                 const std::filesystem::path& folder);

/// `target` with `target_key` and `target_known_hosts`, if there is a target.
Result<std::optional<Target>> read_target(TomlTable& table, const std::filesystem::path& folder);

}  // namespace esclusa::agent
