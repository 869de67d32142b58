#pragma once
#include <sys/types.h>

#include <string>

#include "base/error.h"

namespace esclusa::git {

/// Inflates at most `size` bytes of the zlib stream at offset `at` of `file`. An error if the
/// stream is broken; fewer bytes if it ends earlier.
Result<std::string> inflate_at(int file, off_t at, size_t size);

}  // namespace esclusa::git
