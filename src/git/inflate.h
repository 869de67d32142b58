#pragma once
#include <sys/types.h>

#include <string>

#include "base/error.h"

namespace esclusa::git {

/// Inflates what a zlib stream in `file` holds from `at` on: at most `size` bytes. An error if the
/// stream is broken; fewer bytes if it ends before.
Result<std::string> inflate_at(int file, off_t at, size_t size);

}  // namespace esclusa::git
