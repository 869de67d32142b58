#pragma once
#include <string>
#include <string_view>

#include "base/error.h"

namespace esclusa::cli {

/// The content of a file, or of standard input if the path is `-`. `what` it is goes into the
/// error, such as `the key in `.
Result<std::string> read_input(const std::string& path, std::string_view what);

/// The same for a secret, without the line feed at its end. A secret is never an argument, because
/// other users can read arguments.
Result<std::string> read_secret(const std::string& path);

/// The same for a public key. A private one is refused, with this `advice` at the end.
Result<std::string> read_public_key(const std::string& path, std::string_view advice);

}  // namespace esclusa::cli
