#pragma once
#include <string>

#include "base/error.h"

namespace esclusa::ssh {

/// The path of this program's file, for lines and links that start it again. `unavailable` unless
/// it is a plain path that sshd, a shell and git all read in the same way.
Result<std::string> own_path();

/// The socket as an absolute plain path; `invalid` if it is not plain.
Result<std::string> checked_socket(const std::string& socket);

/// Prints `esclusa: <message>` on standard error, which sshd passes to the client or to its log.
/// Returns 1.
int report(const Error& error);

/// `run/keys.sock` of the default data folder of this user.
std::string default_socket();

}  // namespace esclusa::ssh
