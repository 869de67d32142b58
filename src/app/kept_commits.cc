#include "app/kept_commits.h"

#include <set>

#include "base/mutex.h"

namespace esclusa::app {
namespace {

/// All of the process: several nodes may have registered the same repository.
struct Commits {
  Mutex mutex;
  Condition removed;
  std::multiset<std::string> kept GUARDED_BY(mutex);
  std::set<std::string> going GUARDED_BY(mutex);
};

Commits& commits() {
  static Commits all;
  return all;
}

std::string key_of(const std::string& path, const std::string& sha) { return sha + " " + path; }

bool begin_removal(const std::string& key) {
  Commits& all = commits();
  Lock lock(all.mutex);
  return !all.kept.contains(key) && all.going.insert(key).second;
}

}  // namespace

KeptCommit::KeptCommit(const std::string& path, const std::string& sha) : key_(key_of(path, sha)) {
  Commits& all = commits();
  Lock lock(all.mutex);
  all.removed.wait(lock, [&]() REQUIRES(all.mutex) { return !all.going.contains(key_); });
  all.kept.insert(key_);
}

KeptCommit::~KeptCommit() {
  Commits& all = commits();
  Lock lock(all.mutex);
  all.kept.erase(all.kept.find(key_));
}

UnkeptCommit::UnkeptCommit(const std::string& path, const std::string& sha)
    : key_(key_of(path, sha)), may_go_(begin_removal(key_)) {}

UnkeptCommit::~UnkeptCommit() {
  if (!may_go_) return;
  Commits& all = commits();
  Lock lock(all.mutex);
  all.going.erase(key_);
  all.removed.notify_all();
}

}  // namespace esclusa::app
