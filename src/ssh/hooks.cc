#include "ssh/hooks.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/descriptor.h"
#include "base/text.h"
#include "client/ssh_door.h"
#include "ssh/program.h"
#include "ssh/session_folder.h"

namespace esclusa::ssh {
namespace {

constexpr const char* folder_variable = "ESCLUSA_SSH_HOOKS";
constexpr const char* next_variable = "ESCLUSA_SSH_REPOSITORY_HOOKS";
constexpr const char* session_variable = "ESCLUSA_SSH_SESSION";
constexpr const char* socket_variable = "ESCLUSA_SSH_SOCKET";
constexpr const char* key_variable = "ESCLUSA_SSH_KEY";
constexpr const char* lock_variable = "ESCLUSA_SSH_LOCK";
/// The file with the changes that post-receive has still to report to the server.
constexpr const char* unreported_file = "unreported";

constexpr std::string_view pre_receive = "pre-receive";
constexpr std::string_view post_receive = "post-receive";
/// All hooks that git may run in a push; the first two are also ours.
constexpr std::string_view hook_names[] = {
    pre_receive,    post_receive,       "update",     "post-update", "reference-transaction",
    "proc-receive", "push-to-checkout", "pre-auto-gc"};

/// A deploy key has no reason to push more refs; the server writes a row for each.
constexpr size_t changes_max = 5000;
constexpr size_t change_bytes = 2 * 1024;

bool is_executable(const std::filesystem::path& path) {
  return access(path.c_str(), X_OK) == 0 && std::filesystem::is_regular_file(path);
}

/// Whether the repository has that hook; `folder` is empty if its hooks do not run.
bool has_hook(const std::string& folder, std::string_view name) {
  return !folder.empty() && is_executable(std::filesystem::path(folder) / name);
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

/// All of standard input; `nullopt` on an error or if the input is too long.
std::optional<std::string> read_input() {
  std::string text;
  char buffer[64 * 1024];
  while (text.size() <= changes_max * change_bytes) {
    const ssize_t count = read(STDIN_FILENO, buffer, sizeof buffer);
    if (count == 0) return text;
    if (count < 0 && errno != EINTR) return std::nullopt;
    if (count > 0) text.append(buffer, static_cast<size_t>(count));
  }
  return std::nullopt;
}

/// Makes `text` the standard input again, for the next hook.
bool give_input(std::string_view text) {
  const Descriptor file(memfd_create("input", MFD_CLOEXEC));
  while (file && !text.empty()) {
    const ssize_t count = write(file.get(), text.data(), text.size());
    if (count < 0 && errno != EINTR) return false;
    if (count > 0) text.remove_prefix(static_cast<size_t>(count));
  }
  return file && lseek(file.get(), 0, SEEK_SET) == 0 && dup2(file.get(), STDIN_FILENO) == 0;
}

/// Becomes the repository's own hook, with the environment that git would give it without us.
int go_on(const std::string& name, char** arguments) {
  const std::string folder = variable(next_variable);
  if (!has_hook(folder, name)) return 0;
  // Git holds the lock, too. A background process of the hook must not look like a push.
  if (const auto lock = parse_positive(variable(lock_variable))) close(static_cast<int>(*lock));
  for (const char* ours : {"GIT_CONFIG_PARAMETERS", "GIT_CONFIG_GLOBAL", folder_variable,
                           next_variable, socket_variable, lock_variable}) {
    unsetenv(ours);
  }
  std::string path = (std::filesystem::path(folder) / name).string();
  arguments[0] = path.data();
  execv(path.c_str(), arguments);
  std::fprintf(stderr, "esclusa: cannot run the repository's hook %s\n", name.c_str());
  return 1;
}

/// Reports each ref that may not be pushed; git then refuses the whole push.
Result<void> check_all_pushable(const std::vector<core::RefChange>& changes) {
  bool are_pushable = true;
  for (const core::RefChange& change : changes) {
    const auto checked = core::check_pushable(change.ref);
    if (!checked) report(checked.error());
    are_pushable = are_pushable && checked;
  }
  if (are_pushable) return {};
  return fail(ErrorCode::forbidden, "the push was refused as a whole");
}

Result<void> announce(std::string_view text) {
  const auto changes = TRY(read_changes(text));
  TRY(check_all_pushable(changes));
  const auto key = parse_positive(variable(key_variable)).value_or(0);
  return client::SshDoor(variable(socket_variable))
      .begin_push(variable(session_variable), {key}, changes);
}

Result<void> report_made(std::string_view text) {
  const std::filesystem::path note =
      std::filesystem::path(variable(folder_variable)) / unreported_file;
  std::ofstream(note, std::ios::binary) << text;
  const auto changes = TRY(read_changes(text));
  TRY(client::SshDoor(variable(socket_variable)).finish_push(variable(session_variable), changes));
  std::error_code ignored;
  std::filesystem::remove(note, ignored);
  return {};
}

}  // namespace

Result<HookFolder> HookFolder::make(std::filesystem::path path, const HookSettings& settings) {
  std::error_code error;
  HookFolder folder{std::move(path)};
  if (!std::filesystem::create_directory(folder.path_, error)) return folder_not_usable();
  for (const std::string_view hook : hook_names) {
    // Only existing hooks are linked: for a missing hook git starts no process.
    const bool is_ours = hook == pre_receive || hook == post_receive;
    if (!is_ours && !has_hook(settings.repository_hooks, hook)) continue;
    std::filesystem::create_symlink(settings.program, folder.path_ / hook, error);
    // Git silently skips a hook that it cannot execute, and then the server would not learn of the
    // push.
    if (error || !is_executable(folder.path_ / hook)) return folder_not_usable();
  }
  const auto set = [&](const char* key, const std::string& value) {
    folder.environment_.push_back(std::string(key) + "=" + value);
  };
  set(folder_variable, folder.path_.string());
  set(next_variable, settings.repository_hooks);
  set(session_variable, settings.session);
  set(socket_variable, settings.socket);
  set(key_variable, std::to_string(settings.key.value));
  set(lock_variable, std::to_string(settings.lock));
  return folder;
}

std::optional<std::vector<core::RefChange>> HookFolder::unreported() const {
  std::ifstream file(path_ / unreported_file, std::ios::binary);
  if (!file) return std::nullopt;
  std::stringstream text;
  text << file.rdbuf();
  return read_changes(text.str()).value_or(std::vector<core::RefChange>{});
}

Result<std::vector<core::RefChange>> read_changes(std::string_view text) {
  std::vector<core::RefChange> changes;
  for (std::string_view line : split(text, '\n')) {
    if (line.empty()) continue;
    const size_t first = line.find(' '), second = line.find(' ', first + 1);
    if (first == line.npos || second == line.npos) {
      return fail(ErrorCode::invalid, "git told of a change in words that are not known here");
    }
    core::RefChange change{.ref = std::string(line.substr(second + 1)),
                           .from_sha = std::string(line.substr(0, first)),
                           .to_sha = std::string(line.substr(first + 1, second - first - 1))};
    if (!is_utf8(change.ref)) {
      return fail(ErrorCode::invalid,
                  "the name of a ref should be UTF-8: " + printable(change.ref));
    }
    if (changes.size() == changes_max) {
      return fail(ErrorCode::invalid,
                  "a push may change " + std::to_string(changes_max) + " refs at most");
    }
    changes.push_back(std::move(change));
  }
  return changes;
}

std::optional<std::string> invoked_hook(std::string_view program_name) {
  if (std::getenv(folder_variable) == nullptr) return std::nullopt;
  const std::string_view name = program_name.substr(program_name.rfind('/') + 1);
  if (std::ranges::count(hook_names, name) == 0) return std::nullopt;
  return std::string(name);
}

int run_hook(const std::string& name, char** arguments) {
  if (name != pre_receive && name != post_receive) return go_on(name, arguments);
  const auto input = read_input();
  if (!input) {
    return report({ErrorCode::invalid, "the push changes too many refs", {}, {}, {}});
  }
  if (name == pre_receive) {
    if (const auto announced = announce(*input); !announced) return report(announced.error());
  } else if (const auto reported = report_made(*input); !reported) {
    // The refs have changed, so the push has succeeded. The session reports it again at its end; if
    // that fails too, the server finds the changes by itself.
    report(reported.error());
  }
  if (!give_input(*input)) return 1;
  return go_on(name, arguments);
}

}  // namespace esclusa::ssh
