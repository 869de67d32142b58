#pragma once
#include <string>
#include <string_view>

namespace esclusa::ssh {

/// A key that a client offers, as sshd passes it on.
struct OfferedKey {
  std::string_view type;  ///< `%t`
  std::string_view blob;  ///< `%k`: base64
};

/// `esclusa-ssh keys TYPE BLOB`: sshd runs it for each key that a client offers, before the client
/// has proved that it holds the key, so it changes nothing. Prints the authorized_keys line for the
/// key. On any failure it prints nothing on standard output, and exits with a code other than 0
/// within limits::key_lookup_time: sshd then refuses the key. `again`: as for `run_door`.
int print_key(const OfferedKey& key, const std::string& socket, std::string_view again);

}  // namespace esclusa::ssh
