#pragma once
#include <string>

namespace esclusa::ssh {

/// `esclusa ssh keys TYPE BLOB`, which sshd runs for each key that a client offers, before the
/// client has proved to hold it: it changes nothing. Prints the one line that lets the key in. If
/// anything is in the way, it prints nothing there, and its exit code is not 0, within
/// limits::key_lookup_time: sshd then refuses the key.
int print_key(const std::string& type, const std::string& blob, const std::string& socket);

}  // namespace esclusa::ssh
