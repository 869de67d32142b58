#pragma once
#include <string>
#include <vector>

#include "base/error.h"

namespace esclusa::cli {

/// Prints `esclusa: <message>` on standard error; the exit code 1.
int report(const Error& error);

/// Prints one line on standard output: control characters, line feeds too, are replaced.
void print_line(const std::string& line);

/// Prints columns that are as wide as their widest cell, the first row being the heading.
void print_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace esclusa::cli
