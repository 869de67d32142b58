#pragma once
#include <string>

#include "base/error.h"

namespace esclusa::ssh {

/// This program's own file, for the lines and links that start it again. `unavailable` unless it is
/// a plain path: sshd, a shell and git must read the same from it.
Result<std::string> own_path();

/// The socket, as an absolute plain path; `invalid` if it is none.
Result<std::string> checked_socket(const std::string& socket);

/// Prints `esclusa: <message>` on standard error, where sshd passes it to its client or its log; 1.
int report(const Error& error);

/// `run/keys.sock` of the data folder that a server of this user has if nobody chose another.
std::string default_socket();

}  // namespace esclusa::ssh
