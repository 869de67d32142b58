#pragma once
#include <cstddef>
#include <filesystem>
#include <string>

#include "base/error.h"

namespace esclusa {

/// Reads a regular file of at most `bytes_max` bytes. It never waits, as for the writer of a FIFO.
/// `invalid` says why it cannot be read: "it is no regular file", "No such file or directory".
Result<std::string> read_small_file(const std::filesystem::path& file, size_t bytes_max);

/// Reads a TOML file of at most 1 MiB, whose lines have at most 8,192 bytes: the parser goes down
/// the stack for each part of a dotted key. `invalid`, as above.
Result<std::string> read_toml_text(const std::filesystem::path& file);

}  // namespace esclusa
