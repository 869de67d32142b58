#include "git/config.h"

#include "base/process.h"
#include "base/text.h"
#include "git/program.h"

namespace esclusa::git {
namespace {

constexpr size_t file_bytes = 1024 * 1024;
constexpr size_t output_bytes = 4 * file_bytes;

/// git itself parses the text. A key without a value differs from an empty value by the line feed.
Result<std::string> list_values(std::string text) {
  std::string output;
  ProcessSpec spec;
  spec.arguments = {"git", "config", "--no-includes", "--null", "--list", "--file", "-"};
  spec.environment = program_environment();
  spec.environment.emplace_back("GIT_DIR=/nonexistent");
  spec.confinement = TRY(program_confinement());
  spec.input = std::move(text);
  spec.on_output = [&](std::string_view more) {
    if (output.size() <= output_bytes) output += more;
  };
  spec.on_error_output = [](std::string_view) {};
  if (!TRY(run_process(spec)).succeeded() || output.size() > output_bytes) {
    return cannot_read("reading config", "git does not understand it");
  }
  return output;
}

}  // namespace

Result<Configuration> read_configuration(const Folder& repository) {
  auto text = TRY(repository.read("config", file_bytes));
  if (!text) return Configuration{};
  const std::string listed = TRY(list_values(*std::move(text)));
  Configuration configuration;
  for (const std::string_view entry : split(listed, '\0')) {
    if (entry.empty()) continue;
    const size_t end = entry.find('\n');
    configuration.emplace(entry.substr(0, end), end == entry.npos ? "true" : entry.substr(end + 1));
  }
  return configuration;
}

}  // namespace esclusa::git
