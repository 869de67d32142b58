#include "git/settings.h"

#include "base/text.h"

namespace esclusa::git {
namespace {

constexpr size_t configuration_bytes = 1024 * 1024;

std::string value_of(std::string_view line, size_t equals) {
  if (equals == line.npos) return "true";
  std::string_view value = trim(line.substr(equals + 1));
  if (value.size() > 1 && value.starts_with('"') && value.ends_with('"')) {
    value = value.substr(1, value.size() - 2);
  }
  return ascii_lower(value);
}

}  // namespace

Result<std::optional<std::string>> read_core_setting(const Folder& repository,
                                                     std::string_view name) {
  std::optional<std::string> found;
  const auto text = TRY(repository.read("config", configuration_bytes));
  if (!text) return found;
  bool in_core = false;
  for (std::string_view line : split(*text, '\n')) {
    line = trim(line.substr(0, line.find_first_of("#;")));
    if (line.starts_with('[')) {
      const size_t end = line.find(']');
      in_core = equal_ignoring_case(line.substr(0, end), "[core");
      line = end == line.npos ? "" : trim(line.substr(end + 1));
    }
    const size_t equals = line.find('=');
    if (in_core && equal_ignoring_case(trim(line.substr(0, equals)), name)) {
      found = value_of(line, equals);
    }
  }
  return found;
}

}  // namespace esclusa::git
