// A library for LD_PRELOAD that records each fdatasync and fsync in the file SYNC_LOG: one line
// with its start, in seconds since 1970, and its duration. strace can do the same, but slows so
// many threads that fewer requests are in flight at once.

#include <fcntl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace {

double now() {
  timespec time{};
  clock_gettime(CLOCK_REALTIME, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

int note(long number, int descriptor) {
  static const int log =
      open(std::getenv("SYNC_LOG"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const double begin = now();
  const long result = syscall(number, descriptor);
  char line[64];
  const int size = std::snprintf(line, sizeof line, "%.6f %.6f\n", begin, now() - begin);
  if (write(log, line, static_cast<size_t>(size)) != size) std::abort();
  return static_cast<int>(result);
}

}  // namespace

extern "C" int fdatasync(int descriptor) { return note(SYS_fdatasync, descriptor); }
extern "C" int fsync(int descriptor) { return note(SYS_fsync, descriptor); }
