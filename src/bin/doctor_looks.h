#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.h"
#include "bin/settings.h"
#include "core/finding.h"
#include "core/known_holes.h"

/// What `esclusa doctor` can see from outside of the server: files, disks, and what is installed.
namespace esclusa::doctor {

/// Modes and owners of the data folder and of what is in it. `unavailable` if it cannot be looked
/// at, `invalid` if it is no data folder.
Result<core::Findings> look_at_files(const ServerSettings& settings);

/// The free space of the data folder's file system.
Result<core::Findings> look_at_space(const std::filesystem::path& data);

/// Git and OpenSSH, by their own words; what is not installed is left out.
std::vector<core::Component> installed_programs();

/// `2.39.5` of `git version 2.39.5`, and `9.2p1` of `OpenSSH_9.2p1 Debian-2+deb12u10, OpenSSL …`.
std::string version_in(std::string_view text, std::string_view before);

/// Adds the names and versions of Debian's packages, if dpkg knows them.
void add_packages(std::vector<core::Component>& components);
/// The same from the output of dpkg-query: lines of name, version and status.
void add_packages(std::vector<core::Component>& components, std::string_view listed);

/// What `esclusa ssh check` finds wrong, where the SSH door is installed and root asks.
core::Findings look_at_ssh(const ServerSettings& settings);

/// Whether somebody listens at a unix socket.
enum class SocketState {
  absent,
  closed,  ///< this process may not connect to it
  served
};
SocketState look_at_socket(const std::string& path);

/// The lock of a data folder. As long as it is taken, no server can start there.
struct FolderLock {
  enum class State { taken, held_by_server, unknown };
  State state = State::unknown;
  Descriptor descriptor = {};
};
FolderLock take_lock(const std::filesystem::path& data);

}  // namespace esclusa::doctor
