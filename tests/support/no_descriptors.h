#pragma once
#include <sys/resource.h>
#include <unistd.h>

#include <stdexcept>

namespace esclusa::test {

/// Limits the process to this many descriptors while the object exists.
class NoDescriptors {
 public:
  explicit NoDescriptors(int left = 0) {
    const int next = dup(STDERR_FILENO);
    if (next < 0 || getrlimit(RLIMIT_NOFILE, &before_) != 0) throw std::runtime_error("getrlimit");
    close(next);
    rlimit limit = before_;
    limit.rlim_cur = static_cast<rlim_t>(next + left);
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) throw std::runtime_error("setrlimit");
  }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;
  ~NoDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

}  // namespace esclusa::test
