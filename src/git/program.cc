#include "git/program.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "base/mutex.h"
#include "base/process.h"
#include "base/text.h"

namespace esclusa::git {
namespace {

constexpr size_t output_bytes = 1024 * 1024;
constexpr size_t error_output_bytes = 8 * 1024;

void append_up_to(size_t limit, std::string& to, std::string_view text) {
  to += text.substr(0, limit - std::min(limit, to.size()));
}

std::string search_path() {
  const char* path = std::getenv("PATH");
  return std::string("PATH=") + (path ? path : "/usr/local/bin:/usr/bin:/bin");
}

/// The folder of git's own subprograms.
Result<std::string> find_program_folder() {
  ProcessSpec spec;
  spec.arguments = {"git", "--exec-path"};
  spec.environment = program_environment();
  std::string folder;
  spec.on_output = [&](std::string_view text) { folder += text; };
  spec.on_error_output = [](std::string_view) {};
  if (TRY(run_process(spec)).succeeded() && folder.starts_with('/')) {
    return std::string(trim(folder));
  }
  return fail(ErrorCode::unavailable, "git did not say where its programs are.", "git_failed");
}

Result<std::string> program_folder() {
  static Mutex mutex;
  static std::string known GUARDED_BY(mutex);
  Lock lock(mutex);
  if (known.empty()) known = TRY(find_program_folder());
  return known;
}

}  // namespace

std::vector<std::string> program_settings() {
  std::vector<std::string> arguments;
  for (const char* setting :
       {// Programs that a configuration may name.
        "core.hooksPath=/dev/null", "core.fsmonitor=false", "core.sshCommand=false",
        "core.askPass=false", "core.gitProxy=", "core.pager=cat", "core.editor=false",
        "sequence.editor=false", "gpg.program=false", "gpg.openpgp.program=false",
        "gpg.x509.program=false", "gpg.ssh.program=false", "credential.helper=",
        // git lists an alternate's refs with the alternate's configuration. This program, which
        // belongs to git, prints nothing for any path.
        "core.alternateRefsCommand=git-check-ref-format",
        // Files that a configuration may name.
        "core.attributesFile=/dev/null", "core.excludesFile=/dev/null",
        "mailmap.file=", "core.logAllRefUpdates=false",
        // Nothing is fetched, and nothing runs in the background.
        "protocol.allow=never", "gc.auto=0", "maintenance.auto=false", "receive.autogc=false"}) {
    arguments.insert(arguments.end(), {"-c", setting});
  }
  return arguments;
}

std::vector<std::string> program_environment() {
  return {search_path(),
          "LC_ALL=C",
          "HOME=/nonexistent",
          "GIT_CONFIG_NOSYSTEM=1",
          "GIT_CONFIG_GLOBAL=/dev/null",
          "GIT_ATTR_NOSYSTEM=1",
          "GIT_NO_LAZY_FETCH=1",
          "GIT_ALLOW_PROTOCOL=",
          "GIT_NO_REPLACE_OBJECTS=1",
          "GIT_GRAFT_FILE=/nonexistent/grafts",
          "GIT_TERMINAL_PROMPT=0",
          allocation_limit};
}

Result<Confinement> program_confinement() {
  return Confinement{
      .readable = {"/usr/lib", "/usr/local/lib", "/lib", "/lib64", "/etc/ld.so.cache",
                   "/etc/localtime", "/usr/share/zoneinfo", "/dev/urandom"},
      .writable = {"/dev/null"},
      .executable = {TRY(program_folder()), "/usr/bin/git", "/usr/local/bin/git",
                     "/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"}};
}

Result<ProgramOutput> run_git(const std::filesystem::path& git_directory,
                              std::vector<std::string> arguments,
                              std::vector<std::string> environment,
                              std::optional<Confinement> files) {
  ProcessSpec spec;
  spec.arguments = {"git", "--no-pager"};
  std::ranges::move(program_settings(), std::back_inserter(spec.arguments));
  std::ranges::move(arguments, std::back_inserter(spec.arguments));
  spec.environment = program_environment();
  spec.environment.push_back("GIT_DIR=" + git_directory.string());
  std::ranges::move(environment, std::back_inserter(spec.environment));
  if (files) {
    files->add(TRY(program_confinement()));
    spec.confinement = std::move(files);
  }
  ProgramOutput result;
  // One byte above the limit shows that the output was too long.
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
