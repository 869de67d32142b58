#pragma once
#include <string>
#include <vector>

#include "base/error.h"

namespace esclusa::cli {

/// Prints `esclusa: <message>` on standard error. Returns the exit code, 1.
int report(const Error& error);

/// Prints one line on standard output; control characters, including line feeds, are replaced.
void print_line(const std::string& line);

/// Prints columns that are as wide as their widest cell. The first row is the heading.
void print_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace esclusa::cli
