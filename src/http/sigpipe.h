#pragma once
#include <signal.h>

namespace esclusa::http {

/// Makes a broken connection an error of the write instead of a signal that ends the program:
/// OpenSSL writes without MSG_NOSIGNAL. A handler that somebody has set stays. Child processes
/// start with the default again (base/process.cc).
inline void ignore_sigpipe() {
  struct sigaction action;
  if (::sigaction(SIGPIPE, nullptr, &action) == 0 && action.sa_handler == SIG_DFL) {
    ::signal(SIGPIPE, SIG_IGN);
  }
}

}  // namespace esclusa::http
