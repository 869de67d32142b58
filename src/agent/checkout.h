#pragma once
#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "agent/config.h"
#include "agent/run_log.h"
#include "base/error.h"

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
  /// repository `mirror`, which is fetched into unless it has the commit. `log` gets what git says.
  /// `unavailable` with a text for people. Any thread.
  Result<void> check_out(const Rule& rule, const std::string& sha,
                         const std::filesystem::path& mirror, const std::filesystem::path& target,
                         RunLog& log);

 private:
  struct Output {
    bool succeeded = false;
    std::string text;
  };
  /// `rule` if it is to reach the rule's repository.
  Result<Output> run_git(std::vector<std::string> arguments, const Rule* rule = nullptr) const;
  Result<void> fetch(const Rule& rule, const std::string& sha, const std::filesystem::path& mirror,
                     RunLog& log) const;
  bool has_commit(const std::filesystem::path& mirror, const std::string& sha) const;
  /// One fetch at a time into a repository.
  std::shared_ptr<std::mutex> mutex_of(const std::filesystem::path& mirror);

  std::filesystem::path home_;
  const std::atomic<bool>& cancel_;
  std::mutex mutex_;
  std::map<std::filesystem::path, std::shared_ptr<std::mutex>> mirrors_;
};

/// The user and password of a URL, as they stand in it; empty if there are none.
std::string credentials_in(std::string_view url);

}  // namespace esclusa::agent
