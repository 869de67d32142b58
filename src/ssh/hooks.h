#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "core/pushed_ref.h"

/// How the server hears what a push is about to change, and what it has changed: git runs this
/// program as its pre-receive and post-receive hooks. With `ssh.repository_hooks` this program then
/// runs those of the repository. A session's folder has links to this program, each named like a
/// hook; what a hook has to know is in its environment.
namespace esclusa::ssh {

/// What the hooks of one push have to know.
struct HookSettings {
  std::string program;
  std::string socket;
  std::string session;
  DeployKeyId key;
  std::string repository_hooks;  ///< the folder of the repository's own; empty: none of them runs
  int lock = -1;                 ///< the descriptor that tells the server of a push at work
};

/// A session's folder of hooks.
class HookFolder {
 public:
  /// Makes it at `path`, where nothing is. `unavailable` if git could not run what is in it.
  static Result<HookFolder> make(std::filesystem::path path, const HookSettings& settings);

  const std::filesystem::path& path() const { return path_; }
  /// What the hooks need in git's environment.
  const std::vector<std::string>& environment() const { return environment_; }
  /// What post-receive could not tell the server; nothing if there is nothing left to tell.
  std::optional<std::vector<core::RefChange>> unreported() const;

 private:
  explicit HookFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
  std::vector<std::string> environment_;
};

/// The lines `FROM TO REF` that git gives its hooks. `invalid` for what is none, for names that are
/// no UTF-8, and for too many.
Result<std::vector<core::RefChange>> read_changes(std::string_view text);

/// The hook as which git has started this program; nothing if it was not so.
std::optional<std::string> invoked_hook(std::string_view program_name);
/// Does the hook's work, and goes on as the repository's own hook of that name, if there is one.
int run_hook(const std::string& name, char** arguments);

}  // namespace esclusa::ssh
