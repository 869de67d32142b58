#pragma once
#include <optional>
#include <string>
#include <vector>

#include "app/access.h"
#include "app/timers.h"
#include "simulate/database.h"
#include "simulate/model.h"
#include "support/git_fixture.h"

namespace esclusa::simulate {

/// The state with which every seed begins: a database with people, teams and a repository, and real
/// git. Created once, and restored after each seed.
class World {
 public:
  World();

  /// Restores the initial state, and returns the model of it.
  Model begin_seed(Watcher& watcher, bool with_agents);
  void end_seed() { database.end_seed(); }

  /// A person's access to the repository, with one of the person's two tokens.
  const app::RepositoryAccess& access(size_t person, size_t token) const;
  const app::RepositoryAccess& agent(size_t index) const { return agents_[index]; }
  AccountId account_id(size_t person) const { return actors_[person][0].sender().id; }
  TeamId team_id(size_t team) const { return teams_[team]; }
  HookId hook_id() const { return hook_; }
  AppId app_id(size_t app) const { return apps_[app].id; }
  /// Installs the app again, or removes its installation.
  void set_installed(size_t app, bool installed);
  void set_suspended(size_t app, bool suspended);
  const core::Repository& repository() const { return repository_; }
  size_t commit_count() const { return commits_.size(); }

  /// The commit of a ref.
  std::string sha(size_t ref) const { return commits_[at_[ref]]; }
  /// Moves a branch or a tag to another commit, as a push does.
  void move(size_t ref, size_t commit);

  /// The process starts: its timer knows nothing of earlier looks.
  void start_timer() { timer_.emplace(context); }
  /// The timer of the process looks, unless it is at it already: it has one thread.
  void look();

  Timestamp wall{};
  BootTime boot;

 private:
  void add_people();
  void add_commits();
  void add_teams();
  void add_apps();
  void add_agents();
  void enter_repository();

  test::TempFolder folder_;
  test::GitFixture git_;
  app::TokenUse token_use_;
  std::vector<std::vector<core::Actor>> actors_;
  std::vector<std::vector<app::RepositoryAccess>> accesses_;  ///< of each actor
  std::vector<app::RepositoryAccess> agents_;
  std::vector<TeamId> teams_;
  HookId hook_;
  std::vector<core::App> apps_;
  core::Repository repository_;
  std::vector<std::string> commits_;
  std::vector<size_t> at_;  ///< the index of each ref's commit
  std::optional<app::GateTimer> timer_;
  bool is_looking_ = false;

 public:
  Database database;
  app::Context context;
};

}  // namespace esclusa::simulate
