#include "app/ssh_keygen.h"

#include <cstdlib>

#include "base/limits.h"
#include "base/process.h"

namespace esclusa::app {

Result<core::PublicKey> examine_public_key(const core::PublicKeyLine& line) {
  const char* path = std::getenv("PATH");
  ProcessSpec spec;
  spec.arguments = {"ssh-keygen", "-l", "-E", "sha256", "-f", "-"};
  spec.environment = {std::string("PATH=") + (path ? path : "/usr/local/bin:/usr/bin:/bin"),
                      "LC_ALL=C", "HOME=/nonexistent"};
  // Without the comment: no part of it may be read as another key.
  spec.input = line.type + " " + line.blob + "\n";
  spec.time_limit = limits::ssh_keygen_time;
  std::string report;
  spec.on_output = [&](std::string_view text) { report += text.substr(0, 1024); };
  spec.on_error_output = [](std::string_view) {};
  const ProcessOutcome outcome = TRY(run_process(spec));
  if (!outcome.exit_code || outcome.timed_out) {
    return fail(ErrorCode::unavailable, "ssh-keygen did not finish.", "ssh_keygen_failed");
  }
  return core::read_key_report(line, outcome.succeeded() ? report : "");
}

}  // namespace esclusa::app
