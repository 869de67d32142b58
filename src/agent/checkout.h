#pragma once
#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "agent/config.h"
#include "agent/run_log.h"
#include "base/error.h"
#include "base/mutex.h"

namespace esclusa::agent {

/// Checks out commits with the git program. The verified commit is the only part of an event that
/// reaches git. git runs without a shell, hooks and this machine's settings: it gets only the
/// environment below, and `<work>/.gitconfig`, where the operator may configure credential helpers
/// and the like.
class Checkout {
 public:
  /// `home` is the work folder. A running git is ended when `cancel` becomes true.
  Checkout(std::filesystem::path home, const std::atomic<bool>& cancel);

  /// Writes git's configuration. Call it once, before all other functions.
  Result<void> prepare(const std::vector<Rule>& rules);

  /// Makes `target` a checkout of exactly this commit of the rule's repository. It fetches into the
  /// bare repository `mirror`, including the repository's tags. It fetches submodules and files of
  /// Git LFS if the rule says so, and otherwise refuses a commit that has them. `log` gets git's
  /// messages. `unavailable` or `invalid`, with a message for people. May be called from any
  /// thread.
  Result<void> check_out(const Rule& rule, const std::string& sha,
                         const std::filesystem::path& mirror, const std::filesystem::path& target,
                         RunLog& log);

  /// Removes a copy of a repository, if `may_go` still says so once no fetch uses it. False if it
  /// stays. May be called from any thread.
  Result<bool> remove_copy(const std::filesystem::path& mirror,
                           const std::function<bool()>& may_go);
  /// Whether that is what a crash has left of a copy that was being removed.
  static bool is_rest(const std::filesystem::path& folder);

 private:
  struct Output {
    bool succeeded = false;
    std::string text;    ///< the beginning of its output
    std::string answer;  ///< its standard output, if requested
  };
  struct GitCall {
    std::vector<std::string> arguments;
    const Rule* rule = nullptr;  ///< set if git must reach the repository
    std::string input = {};
    bool keep_answer = false;
  };
  Result<Output> run_git(GitCall call) const;
  /// One repository of a checkout: that of the rule, or that of a submodule.
  struct Source {
    const Rule& rule;  ///< `git` is the URL to fetch from
    const Rule& entry;
    std::string sha;
    std::filesystem::path mirror;
    std::filesystem::path folder;
    int depth = 0;  ///< the number of submodules around it
  };
  Result<void> check_out(const Source& source, RunLog& log);
  Result<void> fetch_into_mirror(const Source& source, RunLog& log);
  Result<void> add_submodules(const Source& source, RunLog& log);
  /// The mirror belongs to one entry, because the entry's own key may have been needed to read its
  /// commits.
  std::filesystem::path submodule_mirror(const Rule& entry, const std::string& git) const;
  /// Lets git read a local repository that belongs to another user; git refuses that unless the
  /// path is configured.
  Result<void> name_path(const std::string& git);
  Result<void> write_settings() const REQUIRES(mutex_);
  Result<void> add_lfs_files(const Source& source, RunLog& log) const;
  /// The pointers in a checkout that Git LFS would replace by files.
  Result<std::vector<std::string>> list_pointers(const std::filesystem::path& folder,
                                                 RunLog& log) const;
  Result<void> fetch(const Rule& rule, const std::string& sha, const std::filesystem::path& mirror,
                     RunLog& log) const;
  bool has_commit(const std::filesystem::path& mirror, const std::string& sha) const;
  /// One fetch at a time into a repository.
  std::shared_ptr<Mutex> mutex_of(const std::filesystem::path& mirror);

  std::filesystem::path home_;
  const std::atomic<bool>& cancel_;
  Mutex mutex_;
  std::map<std::filesystem::path, std::shared_ptr<Mutex>> mirrors_ GUARDED_BY(mutex_);
  std::set<std::string> named_paths_ GUARDED_BY(mutex_);  ///< in the settings of git
};

/// The user and password of a URL, not decoded; empty if there are none.
std::string credentials_in(std::string_view url);

}  // namespace esclusa::agent
