#pragma once
#include <signal.h>

namespace esclusa::http {

/// Makes writing to a broken connection an error instead of a signal that ends the program: OpenSSL
/// writes without MSG_NOSIGNAL. An existing handler is kept. Child processes start with the default
/// action (base/process.cc).
inline void ignore_sigpipe() {
  struct sigaction action;
  if (::sigaction(SIGPIPE, nullptr, &action) == 0 && action.sa_handler == SIG_DFL) {
    ::signal(SIGPIPE, SIG_IGN);
  }
}

}  // namespace esclusa::http
