#include "cli/output.h"

#include <algorithm>
#include <cstdio>

#include "base/text.h"

namespace esclusa::cli {

int report(const Error& error) {
  std::fprintf(stderr, "esclusa: %s\n", printable(error.message).c_str());
  return 1;
}

namespace {

/// Replaces line feeds, so that text from others does not look like lines of ours.
std::string one_line(const std::string& text) {
  std::string line = printable(text);
  std::ranges::replace_if(line, [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return line;
}

}  // namespace

void print_line(const std::string& line) {
  std::printf("%s\n", one_line(line).c_str());
  std::fflush(stdout);
}

void print_table(const std::vector<std::vector<std::string>>& rows) {
  // Widths are measured in characters, as printed.
  std::vector<std::vector<std::string>> cells = rows;
  std::vector<size_t> widths;
  for (auto& row : cells) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) {
      row[i] = one_line(row[i]);
      widths[i] = std::max(widths[i], utf8_length(row[i]));
    }
  }
  for (const auto& row : cells) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - utf8_length(row[i]) + 2, ' ');
    }
    print_line(line);
  }
}

}  // namespace esclusa::cli
