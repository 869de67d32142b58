#include "app/doctor.h"

#include <sys/stat.h>

#include <algorithm>
#include <exception>
#include <future>
#include <iterator>
#include <map>
#include <memory>
#include <thread>

#include "app/repository_problem.h"
#include "base/mutex.h"
#include "store/health.h"
#include "store/repositories.h"

namespace esclusa::app {
namespace {

using namespace std::chrono_literals;

constexpr auto look_time = 5s;  ///< the disks of a healthy machine answer in milliseconds

/// The looks that have not ended, each on a thread of its own: nothing can end a thread that waits
/// for a file system which does not answer. A further look at the same repository waits for the
/// former one, so that what hangs holds one thread, however often it is examined.
class Looks {
 public:
  using Pending = std::shared_future<core::doctor::RepositoryFacts>;

  Pending begin(const core::Repository& repository, const Look& look) {
    const std::string key = std::to_string(repository.id.value) + " " + repository.path;
    Lock lock(mutex_);
    if (const auto known = looks_.find(key); known != looks_.end()) return known->second;
    const auto promise = std::make_shared<std::promise<core::doctor::RepositoryFacts>>();
    const Pending pending = promise->get_future().share();
    std::thread([this, promise, key, repository, look] {
      auto facts = look(repository);
      end(key);
      promise->set_value(std::move(facts));
    }).detach();
    looks_.emplace(key, pending);  // before its end, which needs the mutex
    return pending;
  }

 private:
  void end(const std::string& key) {
    Lock lock(mutex_);
    looks_.erase(key);
  }

  Mutex mutex_;
  std::map<std::string, Pending> looks_ GUARDED_BY(mutex_);
};

core::doctor::RepositoryFacts look_in_time(const core::Repository& repository,
                                           std::chrono::milliseconds time, const Look& look) {
  // Never destroyed: a thread that hangs may come back while the process ends.
  static Looks& looks = *new Looks;
  const Looks::Pending pending = looks.begin(repository, look);
  core::doctor::RepositoryFacts facts;
  if (pending.wait_for(time) == std::future_status::ready) {
    facts = pending.get();
  } else {
    facts.hangs = true;
  }
  facts.name = repository.full_name();
  facts.path = repository.path;
  return facts;
}

void append(core::Findings& findings, core::Findings more) {
  std::ranges::move(more, std::back_inserter(findings));
}

}  // namespace

core::doctor::RepositoryFacts look_at(const core::Repository& repository) {
  core::doctor::RepositoryFacts facts;
  try {
    facts.problem = find_problem(repository);
  } catch (const std::exception& exception) {
    facts.problem = exception.what();
  }
  if (facts.problem == has_no_commit) facts.problem.clear();
  struct stat status{};
  facts.is_open_to_all =
      stat(repository.path.c_str(), &status) == 0 && (status.st_mode & S_IWOTH) != 0;
  return facts;
}

core::Findings examine_rows(Reader& db, Timestamp now) {
  core::Findings findings;
  append(findings, core::doctor::judge_clock({now, store::find_latest_audit_time(db), 0s}));
  for (const auto& hook : store::list_hook_facts(db, now - std::chrono::days(1))) {
    append(findings, core::doctor::judge_hook(hook, now));
  }
  for (const auto& agents : store::list_agent_facts(db, now)) {
    append(findings, core::doctor::judge_agents(agents, now));
  }
  append(findings, core::doctor::judge_backups(store::list_backup_times(db), now));
  return findings;
}

core::Findings examine_repositories(std::vector<core::Repository> repositories,
                                    std::chrono::milliseconds each, const Look& look) {
  core::Findings findings;
  for (const core::Repository& repository : repositories) {
    append(findings, core::doctor::judge_repository(look_in_time(repository, each, look)));
  }
  return findings;
}

Result<core::Findings> examine(const Context& context) {
  std::vector<core::Repository> repositories;
  auto findings = TRY(context.database.read([&](Reader& db) {
    repositories = store::list_repositories(db);
    return examine_rows(db, context.now());
  }));
  append(findings, examine_repositories(std::move(repositories), look_time));
  return findings;
}

}  // namespace esclusa::app
