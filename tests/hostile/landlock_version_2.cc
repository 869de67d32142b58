// A library for LD_PRELOAD: it makes the kernel look like that of Debian 12, which has version 2 of
// Landlock. It answers the query for the version, and refuses what that kernel would refuse.
#include <dlfcn.h>
#include <linux/landlock.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstdarg>
#include <cstddef>

extern "C" long syscall(long number, ...) {
  long words[6];
  std::va_list given;
  va_start(given, number);
  for (long& word : words) word = va_arg(given, long);
  va_end(given);
  if (number == SYS_landlock_create_ruleset) {
    const auto* attributes = reinterpret_cast<const landlock_ruleset_attr*>(words[0]);
    constexpr unsigned long long known_rights = (LANDLOCK_ACCESS_FS_REFER << 1) - 1;
    if (attributes == nullptr) return 2;
    if (words[1] != sizeof attributes->handled_access_fs) return errno = E2BIG, -1;
    if ((attributes->handled_access_fs & ~known_rights) != 0) return errno = EINVAL, -1;
  }
  using Call = long (*)(long, ...);
  static const auto next = reinterpret_cast<Call>(dlsym(RTLD_NEXT, "syscall"));
  return next(number, words[0], words[1], words[2], words[3], words[4], words[5]);
}
