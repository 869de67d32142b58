#pragma once
#include <atomic>
#include <filesystem>
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

/// Gets commits with the git program. Nothing of an event but the checked commit reaches git, and
/// git has no shell, no hooks and no settings of this machine: only the environment below, and
/// `<work>/.gitconfig`, where credential helpers and the like may be set.
class Checkout {
 public:
  /// `home` is the work folder. When `cancel` becomes true, a running git is ended.
  Checkout(std::filesystem::path home, const std::atomic<bool>& cancel);

  /// Writes the settings that git gets. Once, before the others.
  Result<void> prepare(const std::vector<Rule>& rules);

  /// Makes `target` a checkout of exactly this commit of the rule's repository, by way of the bare
  /// repository `mirror`, into which it fetches. It fetches the repository's tags, too. It fetches
  /// submodules and files of Git LFS if the rule says so, and otherwise refuses a commit that has
  /// them. `log` gets what git says. `unavailable` or `invalid` with a text for people. Any thread.
  Result<void> check_out(const Rule& rule, const std::string& sha,
                         const std::filesystem::path& mirror, const std::filesystem::path& target,
                         RunLog& log);

 private:
  struct Output {
    bool succeeded = false;
    std::string text;    ///< the beginning of all that it printed
    std::string answer;  ///< what it printed on its standard output, if that is asked for
  };
  struct GitCall {
    std::vector<std::string> arguments;
    const Rule* rule = nullptr;  ///< if it is to reach the rule's repository
    std::string input = {};
    bool keep_answer = false;
  };
  Result<Output> run_git(GitCall call) const;
  /// One repository of a checkout: of the rule, or of a submodule in it.
  struct Source {
    const Rule& rule;  ///< `git` is where it is fetched from
    const Rule& entry;
    std::string sha;
    std::filesystem::path mirror;
    std::filesystem::path folder;
    int depth = 0;  ///< submodules around it
  };
  Result<void> check_out(const Source& source, RunLog& log);
  Result<void> fetch_into_mirror(const Source& source, RunLog& log);
  Result<void> add_submodules(const Source& source, RunLog& log);
  /// Of one entry alone: a commit that is in it was read with the entry's own key.
  std::filesystem::path submodule_mirror(const Rule& entry, const std::string& git) const;
  /// Lets git read from a folder that may be another user's, which it refuses unless it is named.
  Result<void> name_path(const std::string& git);
  Result<void> write_settings() const REQUIRES(mutex_);
  Result<void> add_lfs_files(const Source& source, RunLog& log) const;
  /// The pointers in a checkout that Git LFS would replace.
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

/// The user and password of a URL, as they stand in it; empty if there are none.
std::string credentials_in(std::string_view url);

}  // namespace esclusa::agent
