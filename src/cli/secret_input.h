#pragma once
#include <string>

#include "base/error.h"

namespace esclusa::cli {

/// The secret in a file, or on standard input if the path is `-`, without the line feed at its end.
/// A secret is never an argument, because other users can read arguments.
Result<std::string> read_secret(const std::string& path);

}  // namespace esclusa::cli
