#include "api/failed_logins.h"

#include "base/limits.h"
#include "http/client_network.h"

namespace esclusa::api {

FailedLogins::FailedLogins() : networks_(limits::counted_clients) {}

bool FailedLogins::note(std::string_view peer, Timestamp now) {
  Lock lock(mutex_);
  Failures& failures = networks_.at(http::client_network(peer));
  if (now >= failures.end) failures = {now + limits::failed_login_time, 0};
  return ++failures.count > limits::failed_logins;
}

}  // namespace esclusa::api
