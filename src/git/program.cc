#include "git/program.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "base/process.h"

namespace esclusa::git {
namespace {

constexpr size_t output_bytes = 1024 * 1024;
constexpr size_t error_output_bytes = 8 * 1024;

void append_up_to(size_t limit, std::string& to, std::string_view text) {
  to += text.substr(0, limit - std::min(limit, to.size()));
}

}  // namespace

Result<ProgramOutput> run_git(const std::filesystem::path& git_directory,
                              std::vector<std::string> arguments,
                              std::vector<std::string> environment) {
  const char* path = std::getenv("PATH");
  ProcessSpec spec;
  spec.arguments = {"git", "--no-pager",          "-c", "core.hooksPath=/dev/null",
                    "-c",  "core.fsmonitor=false"};
  std::ranges::move(arguments, std::back_inserter(spec.arguments));
  spec.environment = {std::string("PATH=") + (path ? path : "/usr/local/bin:/usr/bin:/bin"),
                      "LC_ALL=C",
                      "HOME=/nonexistent",
                      "GIT_CONFIG_NOSYSTEM=1",
                      "GIT_CONFIG_GLOBAL=/dev/null",
                      "GIT_NO_REPLACE_OBJECTS=1",
                      "GIT_TERMINAL_PROMPT=0",
                      "GIT_DIR=" + git_directory.string()};
  std::ranges::move(environment, std::back_inserter(spec.environment));
  ProgramOutput result;
  // One byte more than allowed tells that it was too much.
  spec.on_output = [&](std::string_view text) {
    append_up_to(output_bytes + 1, result.output, text);
  };
  spec.on_error_output = [&](std::string_view text) {
    append_up_to(error_output_bytes, result.error_output, text);
  };
  const ProcessOutcome outcome = TRY(run_process(spec));
  if (!outcome.exit_code || outcome.timed_out || result.output.size() > output_bytes) {
    return fail(ErrorCode::unavailable, "git did not finish.", "git_failed");
  }
  result.exit_code = *outcome.exit_code;
  return result;
}

}  // namespace esclusa::git
