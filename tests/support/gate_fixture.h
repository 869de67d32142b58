#pragma once
#include <string>
#include <vector>

#include "app/environments.h"
#include "app/reviews.h"
#include "app/timers.h"
#include "support/app_fixture.h"

namespace esclusa::test {

/// ada's repository with a branch, an environment `production`, and the reviewer grace.
struct GateFixture : AppFixture {
  /// Lets a person write to the repository.
  app::RepositoryAccess add_writer(const std::string& login) {
    must(app::create_account(context, administrator, {.login = login, .human = ""}));
    must(app::grant_role(context, administrator, "ada", "application", login, core::Role::write));
    return open(login, "application");
  }

  /// Adds grace-bot, for which grace answers.
  app::RepositoryAccess add_bot() {
    must(app::create_account(
        context, administrator,
        {.login = "grace-bot", .kind = core::AccountKind::bot, .human = "grace"}));
    must(app::grant_role(context, administrator, "ada", "application", "grace-bot",
                         core::Role::write));
    return open("grace-bot", "application");
  }
  core::Environment guard(const core::EnvironmentChange& change) {
    return must(app::put_environment(context, ada, "production", change));
  }
  core::EnvironmentChange by_review(bool prevent_self_review = false, int count = 1) {
    core::EnvironmentChange change;
    change.reviewers = {grace.actor.sender().id, ada.actor.sender().id};
    change.prevent_self_review = prevent_self_review;
    change.required_approvals = count;
    return change;
  }
  static core::EnvironmentChange by_timer(int minutes) {
    core::EnvironmentChange change;
    change.wait_timer = minutes;
    return change;
  }
  core::Deployment deploy(const std::string& environment = "production") {
    core::NewDeployment input;
    input.ref = "main";
    input.environment = environment;
    return AppFixture::deploy(ada, input);
  }
  core::Deployment get(const core::Deployment& deployment) {
    return must(
        read([&](store::Reader& db) { return app::get_deployment(db, ada, deployment.id); }));
  }
  Result<core::Deployment> review(const app::RepositoryAccess& who,
                                  const core::Deployment& deployment,
                                  core::ReviewState state = core::ReviewState::approved) {
    const auto environment =
        must(read([&](store::Reader& db) { return app::get_environment(db, ada, "production"); }));
    return app::review_deployment(context, who, deployment.id, {{environment.id}, state, ""});
  }
  std::string refusal(const Result<core::Deployment>& result) {
    return result ? "" : result.error().reason_code;
  }
  std::string report(const core::Deployment& deployment, core::DeploymentState state,
                     std::optional<std::string> environment = {}) {
    core::NewDeploymentStatus input;
    input.state = state;
    input.environment = std::move(environment);
    auto made = app::create_status(context, ada, deployment.id, input);
    return made ? "" : made.error().reason_code;
  }
  void set(core::Visibility visibility) {
    set_repository(ada.repository.id,
                   [&](core::Repository& repository) { repository.visibility = visibility; });
    ada = open("ada", "application");
  }
  /// The number of `deployment` events.
  size_t sent() { return events("deployment").size(); }
  std::string states() {
    std::string names;
    for (const StoredStatus& status : statuses()) {
      names += std::string(core::to_name(status.state)) + "\n";
    }
    return names;
  }

  GitFixture git;
  const std::string first_commit = git.commit("main", "a", "1");
  app::RepositoryAccess ada = add(git);
  app::RepositoryAccess grace = add_writer("grace");
  app::RepositoryAccess linus = add_writer("linus");
  app::GateTimer timer{context};
};

}  // namespace esclusa::test
