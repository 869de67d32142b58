#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "core/ref_intent.h"

/// The hooks through which the server learns what a push will change and what it has changed: git
/// runs this program as its pre-receive and post-receive hooks. With `ssh.repository_hooks` this
/// program then runs the hooks of the repository. A session's folder has links to this program,
/// each named like a hook; the hooks get their parameters in the environment.
namespace esclusa::ssh {

/// The parameters of the hooks of one push.
struct HookSettings {
  std::string program;
  std::string socket;
  std::string session;
  DeployKeyId key;
  std::string repository_hooks;  ///< folder of its own hooks; empty: they do not run
  int lock = -1;  ///< the descriptor whose lock shows the server that a push is running
};

/// The folder with the hooks of one session.
class HookFolder {
 public:
  /// Makes the folder at `path`, which must not exist. `unavailable` if git could not run the hooks
  /// in it.
  static Result<HookFolder> make(std::filesystem::path path, const HookSettings& settings);

  const std::filesystem::path& path() const { return path_; }
  /// The variables that the hooks need in git's environment.
  const std::vector<std::string>& environment() const { return environment_; }
  /// The changes that post-receive could not report to the server; `nullopt` if all were reported.
  std::optional<std::vector<core::RefChange>> unreported() const;

 private:
  explicit HookFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
  std::vector<std::string> environment_;
};

/// Parses the lines `FROM TO REF` that git gives to hooks. `invalid` for malformed lines, for names
/// that are not UTF-8, and for too many lines.
Result<std::vector<core::RefChange>> read_changes(std::string_view text);

/// The name of the hook as which git has started this program; `nullopt` if git has not.
std::optional<std::string> invoked_hook(std::string_view program_name);
/// Does the work of the hook, and then becomes the repository's own hook of that name, if there is
/// one.
int run_hook(const std::string& name, char** arguments);

}  // namespace esclusa::ssh
