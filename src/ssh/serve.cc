#include "ssh/serve.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iterator>

#include "base/descriptor.h"
#include "base/limits.h"
#include "base/process.h"
#include "base/text.h"
#include "client/ssh_door.h"
#include "ssh/git_process.h"
#include "ssh/hooks.h"
#include "ssh/program.h"

namespace esclusa::ssh {
namespace {

using core::GitService;

constexpr const char* git_program = "/usr/bin/git";
constexpr const char* search_path = "PATH=/usr/local/bin:/usr/bin:/bin";
/// A server that is started anew is away for so long; then nobody knows whether the key still
/// opens.
constexpr int missed_checks = 4;

/// What one session works with.
struct Session {
  client::SshDoor door;
  std::string socket;
  DeployKeyId key;
  core::SshRequest request;
  client::SshDoor::Session started;
};

/// The environment of git: nothing of the client's but its `GIT_PROTOCOL`, nothing of anybody's
/// configuration but the machine's.
std::vector<std::string> base_environment() {
  std::vector<std::string> environment = {search_path, "LANG=C.UTF-8",
                                          "GIT_CONFIG_GLOBAL=/dev/null", "GIT_TERMINAL_PROMPT=0"};
  const passwd* user = getpwuid(geteuid());
  environment.push_back(std::string("HOME=") + (user != nullptr ? user->pw_dir : "/nonexistent"));
  if (user != nullptr) {
    environment.push_back(std::string("USER=") + user->pw_name);
    environment.push_back(std::string("LOGNAME=") + user->pw_name);
  }
  const char* protocol = std::getenv("GIT_PROTOCOL");
  if (protocol != nullptr && core::is_git_protocol(protocol)) {
    environment.push_back(std::string("GIT_PROTOCOL=") + protocol);
  }
  return environment;
}

/// Where the repository's own hooks are, as git would find them.
Result<std::string> find_repository_hooks(const std::string& path) {
  ProcessSpec spec;
  spec.arguments = {git_program, "config", "--type=path", "--get", "core.hooksPath"};
  spec.environment = base_environment();
  spec.environment.push_back("GIT_DIR=" + path);
  std::string output;
  spec.on_output = [&](std::string_view text) { output += text; };
  spec.on_error_output = [](std::string_view) {};
  const ProcessOutcome outcome = TRY(run_process(spec));
  if (outcome.exit_code == 1) return path + "/hooks";  // it is not set
  if (!outcome.succeeded()) {
    return fail(ErrorCode::unavailable, "the repository's configuration cannot be read");
  }
  const std::string configured(trim(output));
  return configured.starts_with('/') ? configured : path + "/" + configured;
}

/// Tells the server, also if it was started later, that somebody pushes here.
Result<Descriptor> lock_repository(const std::string& path) {
  Descriptor folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || flock(folder.get(), LOCK_SH) != 0) {
    return fail(ErrorCode::unavailable,
                "the system user of this SSH door cannot open the repository's folder: its "
                "administrator has to change that");
  }
  return folder;
}

/// Judges the session again: at once if the server says no, after a while if it says nothing.
std::function<Result<void>()> make_check(const Session& session) {
  return [&session, missed = 0]() mutable -> Result<void> {
    auto answer =
        session.door.check_session(session.started.id, session.key, session.request.service);
    if (answer) {
      missed = 0;
    } else if (answer.error().code != ErrorCode::unavailable || ++missed >= missed_checks) {
      return answer;
    }
    return {};
  };
}

Result<GitEnd> run(const Session& session, const std::string& hooks,
                   std::vector<std::string> more_environment, int kept_descriptor) {
  GitProcess process;
  process.arguments = git_arguments(session.request.service, session.started.path, hooks);
  process.environment = base_environment();
  std::ranges::move(more_environment, std::back_inserter(process.environment));
  process.kept_descriptor = kept_descriptor;
  process.check_every = limits::ssh_session_check_time;
  process.check = make_check(session);
  return run_git_session(process);
}

/// Tells the server that git is at its end, and what it does not know yet.
Result<void> report_end(const Session& session, const HookFolder& hooks, const GitEnd& end) {
  bool is_reported = !end.was_killed && end.exit_code == 0;
  if (const auto unreported = hooks.unreported()) {
    static_cast<void>(session.door.finish_push(session.started.id, *unreported));
    is_reported = false;  // what the note lacks, the refs decide
  }
  return session.door.end_session(session.started.id, is_reported);
}

Result<int> receive(const Session& session) {
  const std::string& path = session.started.path;
  Descriptor lock = TRY(lock_repository(path));
  const HookFolder hooks =
      TRY(HookFolder::make({.program = TRY(own_path()),
                            .socket = session.socket,
                            .session = session.started.id,
                            .key = session.key,
                            .repository_hooks = TRY(find_repository_hooks(path)),
                            .lock = lock.get()}));
  const GitEnd end = TRY(run(session, hooks.path().string(), hooks.environment(), lock.get()));
  // Before the lock is let go. A server that is away settles the push when it is back.
  static_cast<void>(report_end(session, hooks, end));
  return end.exit_code;
}

Result<int> serve_asked(int64_t key_id, const std::string& given_socket) {
  const char* command = std::getenv("SSH_ORIGINAL_COMMAND");
  if (command == nullptr) {
    return fail(ErrorCode::forbidden,
                "the key is known, but there is no shell here: only git fetch, clone and push");
  }
  const core::SshRequest request = TRY(core::parse_ssh_command(command));
  const std::string socket = TRY(checked_socket(given_socket));
  Session session{client::SshDoor(socket), socket, {key_id}, request, {}};
  session.started = TRY(session.door.start_session(session.key, request));
  if (request.service == GitService::receive_pack) return receive(session);
  const GitEnd end = TRY(run(session, "", {}, -1));
  static_cast<void>(session.door.end_session(session.started.id, true));
  return end.exit_code;
}

}  // namespace

std::vector<std::string> git_arguments(GitService service, const std::string& path,
                                       const std::string& hooks) {
  std::vector<std::string> arguments = {git_program};
  const auto set = [&](const std::string& setting) {
    arguments.insert(arguments.end(), {"-c", setting});
  };
  set("core.fsmonitor=false");
  set("core.hooksPath=" + (hooks.empty() ? "/dev/null" : hooks));
  // The refs that keep deployed commits alive are ours.
  set("transfer.hideRefs=refs/deployments");
  set("transfer.fsckObjects=true");
  if (service == GitService::upload_pack) {
    for (const char* more : {"allowTipSHA1InWant", "allowReachableSHA1InWant", "allowAnySHA1InWant",
                             "allowRefInWant", "allowFilter"}) {
      set("uploadpack." + std::string(more) + "=false");
    }
  } else {
    set("receive.fsckObjects=true");
    set("receive.maxInputSize=" + std::to_string(limits::pushed_bytes));
    // A work tree that somebody has on the branch would no longer match it.
    set("receive.denyCurrentBranch=refuse");
    set("receive.denyDeleteCurrent=refuse");
    set("receive.advertisePushOptions=false");
    set("receive.shallowUpdate=false");
  }
  arguments.emplace_back(core::to_name(service));
  if (service == GitService::upload_pack) arguments.emplace_back("--strict");
  arguments.push_back(path);
  return arguments;
}

int serve_session(int64_t key_id, const std::string& socket) {
  const auto code = serve_asked(key_id, socket);
  return code ? *code : report(code.error());
}

}  // namespace esclusa::ssh
