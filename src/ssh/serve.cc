#include "ssh/serve.h"

#include <pwd.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <optional>
#include <thread>

#include "base/limits.h"
#include "base/log.h"
#include "base/niceness.h"
#include "base/process.h"
#include "base/text.h"
#include "client/ssh_door.h"
#include "git/config.h"
#include "git/examine.h"
#include "git/program.h"
#include "ssh/git_folder.h"
#include "ssh/git_process.h"
#include "ssh/hooks.h"
#include "ssh/program.h"
#include "ssh/session_folder.h"

namespace esclusa::ssh {
namespace {

using core::GitService;

constexpr const char* git_program = "/usr/bin/git";
constexpr const char* search_path = "/usr/local/bin:/usr/bin:/bin";
/// The folders of git and of the programs that it starts, for a confined git. The client's PATH is
/// ignored.
constexpr const char* confined_search_path = "/usr/bin:/bin";
/// After this many checks without an answer, the session ends: nobody knows whether the key still
/// has access. A restart of the server is shorter.
constexpr int missed_checks = 4;
/// A smaller push leaves loose objects, a larger one a pack.
constexpr int unpacked_objects = 1000;
/// The server holds a repository's exclusive lock only for moments; a longer lock is another
/// program's.
constexpr std::chrono::seconds lock_time{5};
constexpr std::chrono::milliseconds lock_again{50};

/// The data of one session.
struct Session {
  client::SshDoor door;
  std::string socket;
  DeployKeyId key;
  core::SshRequest request;
  client::SshDoor::Session started;
};

/// `GIT_PROTOCOL` is the only variable of the client that git gets.
void add_protocol(std::vector<std::string>& environment) {
  const char* protocol = std::getenv("GIT_PROTOCOL");
  if (protocol != nullptr && core::is_git_protocol(protocol)) {
    environment.push_back(std::string("GIT_PROTOCOL=") + protocol);
  }
}

/// The environment of a git that runs the repository's hooks: it reads the configuration of the
/// machine, and of no user.
std::vector<std::string> free_environment() {
  std::vector<std::string> environment = {std::string("PATH=") + search_path, "LANG=C.UTF-8",
                                          "GIT_CONFIG_GLOBAL=/dev/null", "GIT_TERMINAL_PROMPT=0",
                                          git::allocation_limit};
  const passwd* user = getpwuid(geteuid());
  environment.push_back(std::string("HOME=") + (user != nullptr ? user->pw_dir : "/nonexistent"));
  if (user != nullptr) {
    environment.push_back(std::string("USER=") + user->pw_name);
    environment.push_back(std::string("LOGNAME=") + user->pw_name);
  }
  add_protocol(environment);
  return environment;
}

std::vector<std::string> confined_environment(DeployKeyId key) {
  std::vector<std::string> environment = git::program_environment();
  // The name that git writes to reflogs, if the repository has any.
  const std::string name = "deploy-key-" + std::to_string(key.value);
  environment.push_back("GIT_COMMITTER_NAME=" + name);
  environment.push_back("GIT_COMMITTER_EMAIL=" + name + "@localhost");
  add_protocol(environment);
  return environment;
}

/// The folder of the repository's own hooks, as git would find it.
Result<std::string> find_repository_hooks(const std::string& path) {
  ProcessSpec spec;
  spec.arguments = {git_program, "config", "--type=path", "--get", "core.hooksPath"};
  spec.environment = free_environment();
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

/// Takes the shared lock that shows the server, even one that starts later, that a push is running.
Result<void> lock_repository(const git::Folder& repository) {
  const auto deadline = std::chrono::steady_clock::now() + lock_time;
  while (flock(repository.descriptor(), LOCK_SH | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      return fail(ErrorCode::unavailable, "the repository's folder cannot be locked");
    }
    if (std::chrono::steady_clock::now() >= deadline) {
      return fail(ErrorCode::unavailable,
                  "another program has locked the repository's folder; try again");
    }
    std::this_thread::sleep_for(lock_again);
  }
  return {};
}

/// Makes the regular check of access: it fails at once if the server refuses, and after several
/// missed answers if the server does not answer.
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

/// How git is started, confined or not.
struct Plan {
  std::vector<std::string> settings;  ///< on the command line, overridden by later ones
  std::string git_directory;
  std::vector<std::string> environment;
  std::optional<Confinement> confinement;
};

/// For unconfined service: the owner's hooks may need anything, so git may do all that its user may
/// do, and obeys the repository's configuration if git's own ownership check allows it.
Plan plan_free(const Session& session) {
  return {.settings = {},
          .git_directory = session.started.path,
          .environment = free_environment(),
          .confinement = std::nullopt};
}

/// For confined service: git sees the repository, its alternates and the session's folder, and runs
/// only its own programs and our hooks.
Result<Plan> plan_confined(const Session& session, const git::Folder& repository,
                           const SessionFolder& folder) {
  const auto& started = session.started;
  const git::Configuration configuration = TRY(git::read_configuration(repository));
  const std::filesystem::path git_folder = folder.path() / "git";
  TRY(make_git_folder(git_folder, repository, started.path, configuration));
  Plan plan{.settings = git::program_settings(),
            .git_directory = git_folder.string(),
            .environment = confined_environment(session.key),
            .confinement = TRY(git::program_confinement())};
  std::ranges::move(repository_settings(configuration), std::back_inserter(plan.settings));
  const std::string opened = "/proc/self/fd/" + std::to_string(repository.descriptor());
  const bool writes = session.request.service == GitService::receive_pack;
  plan.confinement->add({.readable = started.alternates});
  plan.confinement->add({.readable = {opened}});
  plan.confinement->add({.writable = {folder.path().string()}, .executable = {TRY(own_path())}});
  if (writes) plan.confinement->writable.push_back(opened);
  return plan;
}

Result<GitEnd> run(const Session& session, const Plan& plan, const HookFolder* hooks, int lock) {
  GitProcess process;
  process.arguments = git_arguments(session.request.service, plan.settings, plan.git_directory,
                                    hooks != nullptr ? hooks->path().string() : std::string());
  process.environment = plan.environment;
  if (hooks != nullptr) {
    std::ranges::copy(hooks->environment(), std::back_inserter(process.environment));
  }
  std::optional<Landlock> landlock;
  if (plan.confinement) landlock = TRY(Landlock::prepare(*plan.confinement));
  process.landlock = landlock ? &*landlock : nullptr;
  process.kept_descriptor = lock;
  process.check_every = limits::ssh_session_check_time;
  process.check = make_check(session);
  return run_git_session(process);
}

/// Tells the server that git has ended, and the changes that it does not know yet.
Result<void> report_end(const Session& session, const HookFolder& hooks, const GitEnd& end) {
  bool is_reported = !end.was_killed && end.exit_code == 0;
  if (const auto unreported = hooks.unreported()) {
    static_cast<void>(session.door.finish_push(session.started.id, *unreported));
    is_reported = false;  // the file may lack changes, so the server reads the refs
  }
  return session.door.end_session(session.started.id, is_reported);
}

Result<int> receive(const Session& session, const git::Folder& repository,
                    const SessionFolder& folder, const Plan& plan) {
  TRY(lock_repository(repository));
  const std::string own_hooks =
      plan.confinement ? "" : TRY(find_repository_hooks(session.started.path));
  const HookFolder hooks =
      TRY(HookFolder::make(folder.path() / "hooks", {.program = TRY(own_path()),
                                                     .socket = session.socket,
                                                     .session = session.started.id,
                                                     .key = session.key,
                                                     .repository_hooks = own_hooks,
                                                     .lock = repository.descriptor()}));
  const GitEnd end = TRY(run(session, plan, &hooks, repository.descriptor()));
  // Report before the lock is released. A server that is down settles the push when it is up again.
  static_cast<void>(report_end(session, hooks, end));
  return end.exit_code;
}

Result<int> serve_started(const Session& session) {
  const auto& started = session.started;
  const git::Folder repository = TRY(git::Folder::open(started.path));
  TRY(git::examine_repository(repository, started.path, started.alternates));
  const SessionFolder folder = TRY(SessionFolder::make());
  const Plan plan = started.runs_repository_hooks ? plan_free(session)
                                                  : TRY(plan_confined(session, repository, folder));
  if (session.request.service == GitService::receive_pack) {
    return receive(session, repository, folder, plan);
  }
  const GitEnd end = TRY(run(session, plan, nullptr, -1));
  static_cast<void>(session.door.end_session(started.id, true));
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
  return serve_started(session);
}

}  // namespace

std::vector<std::string> git_arguments(GitService service, const std::vector<std::string>& settings,
                                       const std::string& path, const std::string& hooks) {
  std::vector<std::string> arguments = {git_program};
  std::ranges::copy(settings, std::back_inserter(arguments));
  const auto set = [&](const std::string& setting) {
    arguments.insert(arguments.end(), {"-c", setting});
  };
  set("core.fsmonitor=false");
  set("core.hooksPath=" + (hooks.empty() ? "/dev/null" : hooks));
  // The refs that keep deployed commits alive belong to Esclusa.
  set("transfer.hideRefs=refs/deployments");
  set("transfer.fsckObjects=true");
  // Limits the memory of each packing, because several may run at once; a repository cannot raise
  // it.
  set("pack.threads=2");
  set("pack.windowMemory=256m");
  if (service == GitService::upload_pack) {
    // Protocol version 2 serves any commit that is requested by its SHA; the other versions do the
    // same.
    set("uploadpack.allowAnySHA1InWant=true");
    set("uploadpack.allowRefInWant=false");
    set("uploadpack.allowFilter=false");
  } else {
    set("receive.fsckObjects=true");
    set("receive.maxInputSize=" + std::to_string(limits::pushed_bytes));
    // What the server records about a push is durable, so the pushed objects must be durable as
    // well.
    set("core.fsync=committed,loose-object,reference");
    set("core.fsyncMethod=fsync");
    // Nothing repacks after a push, and a repository with too many packs cannot be read. A higher
    // limit would make pushes slow, because each loose object is synced separately. Git 2.39
    // prefers the second setting, later versions the first.
    set("receive.unpackLimit=" + std::to_string(unpacked_objects));
    set("transfer.unpackLimit=" + std::to_string(unpacked_objects));
    // Otherwise a work tree on that branch would no longer match it.
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
  setenv("PATH", confined_search_path, 1);
  be_nicer(limits::ssh_niceness);     // git inherits it
  log::set_level(log::Level::error);  // standard error belongs to the client
  const auto code = serve_asked(key_id, socket);
  return code ? *code : report(code.error());
}

}  // namespace esclusa::ssh
