#include "base/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <iterator>
#include <system_error>

#include "base/text.h"

namespace esclusa {
namespace {

// Debian 12's header defines the rights only up to version 2.
constexpr uint64_t fs_truncate = 1U << 14;                         ///< version 3
constexpr uint64_t net_bind_and_connect = 1U << 0 | 1U << 1;       ///< version 4, TCP
constexpr uint64_t fs_ioctl_device = 1U << 15;                     ///< version 5
constexpr uint64_t scope_sockets_and_signals = 1U << 0 | 1U << 1;  ///< version 6
constexpr int first_version_with_network = 4;
constexpr int first_version_with_scope = 6;

/// The kernel's `landlock_ruleset_attr`; older kernels do not know the later members.
struct RulesetAttributes {
  uint64_t handled_access_fs = 0;
  uint64_t handled_access_net = 0;
  uint64_t scoped = 0;
};

constexpr uint64_t readable_file = LANDLOCK_ACCESS_FS_READ_FILE;
constexpr uint64_t readable_folder = readable_file | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr uint64_t writable_file = readable_file | LANDLOCK_ACCESS_FS_WRITE_FILE | fs_truncate;
constexpr uint64_t writable_folder = readable_folder | writable_file |
                                     LANDLOCK_ACCESS_FS_REMOVE_DIR |
                                     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |
                                     LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REFER;
constexpr uint64_t executable_file = readable_file | LANDLOCK_ACCESS_FS_EXECUTE;
constexpr uint64_t executable_folder = readable_folder | LANDLOCK_ACCESS_FS_EXECUTE;

/// The rights that a version of Landlock can restrict; the others stay unrestricted.
uint64_t known_rights(int version) {
  uint64_t rights = (LANDLOCK_ACCESS_FS_REFER << 1) - 1;  // versions 1 and 2
  if (version >= 3) rights |= fs_truncate;
  if (version >= 5) rights |= fs_ioctl_device;
  return rights;
}

Descriptor create_ruleset(int version) {
  RulesetAttributes attributes{.handled_access_fs = known_rights(version)};
  size_t size = sizeof attributes.handled_access_fs;
  if (version >= first_version_with_network) {
    attributes.handled_access_net = net_bind_and_connect;
    size += sizeof attributes.handled_access_net;
  }
  if (version >= first_version_with_scope) {
    attributes.scoped = scope_sockets_and_signals;
    size += sizeof attributes.scoped;
  }
  return Descriptor(static_cast<int>(syscall(SYS_landlock_create_ruleset, &attributes, size, 0U)));
}

std::unexpected<Error> cannot_confine(const std::string& what) {
  return fail(ErrorCode::unavailable,
              "Cannot confine a child process: " + what + ": " +
                  std::generic_category().message(errno) + ".",
              "process_not_started");
}

Result<void> allow(const Descriptor& ruleset, const std::string& path, uint64_t file_rights,
                   uint64_t folder_rights) {
  const Descriptor place(open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!place && (errno == ENOENT || errno == ENOTDIR)) return {};
  struct stat info{};
  if (!place || fstat(place.get(), &info) != 0) return cannot_confine(printable(path));
  landlock_path_beneath_attr rule{};
  rule.allowed_access = S_ISDIR(info.st_mode) ? folder_rights : file_rights;
  rule.parent_fd = place.get();
  if (syscall(SYS_landlock_add_rule, ruleset.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0U) != 0) {
    return cannot_confine(printable(path));
  }
  return {};
}

}  // namespace

void Confinement::add(const Confinement& more) {
  std::ranges::copy(more.readable, std::back_inserter(readable));
  std::ranges::copy(more.writable, std::back_inserter(writable));
  std::ranges::copy(more.executable, std::back_inserter(executable));
}

int landlock_version() {
  static const int version = [] {
    const long answer =
        syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return answer >= 2 ? static_cast<int>(answer) : 0;
  }();
  return version;
}

Result<Landlock> Landlock::prepare(const Confinement& confinement, int version) {
  Landlock landlock;
  if (version == 0) return landlock;
  landlock.ruleset_ = create_ruleset(version);
  if (!landlock.ruleset_) return cannot_confine("Landlock");
  const auto allow_all = [&](const std::vector<std::string>& paths, uint64_t file_rights,
                             uint64_t folder_rights) -> Result<void> {
    for (const std::string& path : paths) {
      TRY(allow(landlock.ruleset_, path, file_rights & known_rights(version),
                folder_rights & known_rights(version)));
    }
    return {};
  };
  TRY(allow_all(confinement.readable, readable_file, readable_folder));
  TRY(allow_all(confinement.writable, writable_file, writable_folder));
  TRY(allow_all(confinement.executable, executable_file, executable_folder));
  return landlock;
}

int Landlock::confine_this_thread() const {
  if (!ruleset_) return 0;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
  if (syscall(SYS_landlock_restrict_self, ruleset_.get(), 0U) != 0) return errno;
  return 0;
}

}  // namespace esclusa
