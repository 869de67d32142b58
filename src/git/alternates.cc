#include "git/alternates.h"

#include "base/text.h"

namespace esclusa::git {

std::vector<std::string_view> alternate_lines(std::string_view text) {
  std::vector<std::string_view> lines = split(text, '\n');
  std::erase_if(lines, [](std::string_view line) { return line.empty() || line.front() == '#'; });
  return lines;
}

std::filesystem::path resolve_alternate(const std::filesystem::path& objects, std::string_view line,
                                        std::error_code& error) {
  return std::filesystem::canonical(objects / std::filesystem::path(line), error);
}

}  // namespace esclusa::git
