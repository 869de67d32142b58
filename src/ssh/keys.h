#pragma once
#include <string>

namespace esclusa::ssh {

/// `esclusa ssh keys TYPE BLOB`: sshd runs it for each key that a client offers, before the client
/// has proved that it holds the key, so it changes nothing. Prints the authorized_keys line for the
/// key. On any failure it prints nothing on standard output, and exits with a code other than 0
/// within limits::key_lookup_time: sshd then refuses the key.
int print_key(const std::string& type, const std::string& blob, const std::string& socket);

}  // namespace esclusa::ssh
