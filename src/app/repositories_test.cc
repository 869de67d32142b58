#include "app/repositories.h"

#include <doctest/doctest.h>

#include <fstream>

#include "app/access.h"
#include "app/environments.h"
#include "app/hooks.h"
#include "app/reviews.h"
#include "app/timers.h"
#include "core/operations/code.h"
#include "core/operations/deployments.h"
#include "core/operations/people.h"
#include "git/registration.h"
#include "support/app_fixture.h"

using namespace esclusa;
using test::AppFixture;
using test::at;
using test::must;

namespace {

/// The reason code of a refusal.
template <class T>
std::string reason(const Result<T>& result) {
  return result ? "no error" : result.error().reason_code;
}

app::NewRepository repository_input(const std::string& name,
                                    const std::filesystem::path& path = {}) {
  app::NewRepository input;
  input.owner = "team";
  input.name = name;
  input.path = path.string();
  return input;
}

Result<core::Repository> change(AppFixture& app, const std::string& name,
                                const core::RepositoryChange& change) {
  return TRY(app::update_repository(app.context, app.administrator, "TEAM", name, change))
      .repository;
}

Result<core::Repository> rename(AppFixture& app, const std::string& name,
                                const std::string& new_name) {
  return change(app, name, {.name = new_name});
}

std::string health(AppFixture& app) {
  return must(app::list_repositories(app.context)).at(0).problem;
}

}  // namespace

TEST_CASE("create_repository: registers an existing one, and makes its owner an organization") {
  AppFixture app;
  test::GitFixture git(test::GitFixture::Layout::work_tree, "trunk");
  git.commit("trunk", "a", "1");
  const auto made = must(app::create_repository(app.context, app.administrator,
                                                repository_input("Application", git.path())))
                        .repository;
  CHECK(made.full_name() == "team/Application");
  CHECK(made.path == git.git_directory().string());
  CHECK(made.default_branch == "trunk");
  CHECK_FALSE(made.writable);
  CHECK(made.auto_merge == core::MergePolicy::ignore);
  CHECK(made.visibility == core::Visibility::is_private);
  CHECK(made.owner.kind == core::AccountKind::organization);
  CHECK(app.audits("repository.create").size() == 1);
  CHECK(app.audits("account.create").size() == 2);

  auto writable = repository_input("second", git.path().string());
  writable.writable = true;
  const auto second =
      must(app::create_repository(app.context, app.administrator, writable)).repository;
  CHECK(second.writable);
  CHECK(second.auto_merge == core::MergePolicy::merge);
  CHECK(second.owner.id == made.owner.id);
  CHECK(must(app::list_repositories(app.context)).size() == 2);
}

TEST_CASE("create_repository: makes a bare one in the repositories folder, with a random name") {
  AppFixture app;
  const auto made =
      must(app::create_repository(app.context, app.administrator, repository_input("application")))
          .repository;
  CHECK(std::filesystem::path(made.path).parent_path() == app.context.repositories_directory);
  CHECK(made.path.find("application") == std::string::npos);
  CHECK(health(app) == "It has no commit yet.");
  CHECK(made.writable);
  CHECK(made.auto_merge == core::MergePolicy::merge);
  CHECK(made.default_branch == "main");
  const auto inspection = must(git::inspect(made.path));
  CHECK(inspection.is_bare);
}

TEST_CASE("create_repository: a name that is taken is refused, and makes no folder") {
  AppFixture app;
  must(app::create_repository(app.context, app.administrator, repository_input("application")));
  auto folders = [&] {
    return std::distance(std::filesystem::directory_iterator(app.context.repositories_directory),
                         {});
  };
  CHECK(folders() == 1);
  CHECK(reason(app::create_repository(app.context, app.administrator,
                                      repository_input("APPLICATION"))) == "repository_exists");
  CHECK(folders() == 1);
  CHECK(app.row_count("repository") == 1);
}

TEST_CASE("create_repository: refuses bad names, other folders, and merging while read-only") {
  AppFixture app;
  auto create = [&](const app::NewRepository& input) {
    return reason(app::create_repository(app.context, app.administrator, input));
  };
  CHECK(create(repository_input("..")) == "invalid_name");
  auto bad_owner = repository_input("application");
  bad_owner.owner = "a/b";
  CHECK(create(bad_owner) == "invalid_name");
  CHECK(create(repository_input("application", (app.folder / "none").string())) ==
        "repository_refused");
  test::GitFixture git;
  auto merging = repository_input("application", git.path().string());
  merging.auto_merge = core::MergePolicy::merge;
  CHECK(create(merging) == "not_writable");
  CHECK(app.row_count("repository") == 0);
  CHECK(app.row_count("account") == 1);  // the refused requests created no owner
}

TEST_CASE("update_repository: a new name keeps the id, and leaves one audit row") {
  AppFixture app;
  const auto made =
      must(app::create_repository(app.context, app.administrator, repository_input("application")))
          .repository;
  app.now = at(7);
  const auto renamed = must(rename(app, "Application", "Shop"));
  CHECK(renamed.id == made.id);
  CHECK(renamed.full_name() == "team/Shop");
  CHECK(renamed.path == made.path);
  CHECK(renamed.updated_at == at(7));
  CHECK(must(app::list_repositories(app.context)).at(0).repository.full_name() == "team/Shop");
  CHECK(app.audits("repository.update").size() == 1);
  // Repeating the change has no effect, and a change of case only leaves no former name.
  must(rename(app, "shop", "Shop"));
  CHECK(app.audits("repository.update").size() == 1);
  must(rename(app, "shop", "SHOP"));
  CHECK(must(app::list_repositories(app.context)).at(0).repository.name == "SHOP");
  CHECK(app.row_count("repository_former_name") == 1);
}

TEST_CASE("update_repository: a rename refuses an unknown repository, taken names and bad names") {
  AppFixture app;
  must(app::create_repository(app.context, app.administrator, repository_input("one")));
  must(app::create_repository(app.context, app.administrator, repository_input("two")));
  auto renamed = [&](const std::string& name, const std::string& new_name) {
    return reason(rename(app, name, new_name));
  };
  CHECK(renamed("none", "three") == "repository_not_found");
  CHECK(renamed("one", "TWO") == "repository_exists");
  CHECK(renamed("one", "..") == "invalid_name");
  CHECK(renamed("one", "a/b") == "invalid_name");
  CHECK(app.row_count("repository_former_name") == 0);
  CHECK(app.audits("repository.update").size() == 0);
  // A former name is not followed here, and another repository may take it.
  CHECK(renamed("one", "three") == "no error");
  CHECK(renamed("one", "four") == "repository_not_found");
  CHECK(renamed("two", "one") == "no error");
}

TEST_CASE("create_repository: stores alternates as they were declared, and checks them again") {
  AppFixture app;
  test::GitFixture pool, git;
  pool.commit("main", "a", "1");
  const std::string objects = (pool.path() / "objects").string();
  std::ofstream(git.path() / "objects/info/alternates") << objects << "\n";
  auto input = repository_input("shop", git.path());
  CHECK(reason(app::create_repository(app.context, app.administrator, input)) ==
        "undeclared_alternate");
  input.alternates = {objects};
  const auto made = must(app::create_repository(app.context, app.administrator, input));
  CHECK(made.repository.alternates == std::vector<std::string>{objects});
  CHECK(must(app::list_repositories(app.context)).at(0).repository.alternates.size() == 1);
  std::ofstream(git.path() / "objects/info/alternates") << "/etc\n";
  CHECK(health(app).contains("--alternate /etc"));
}

TEST_CASE("list_repositories: says what is wrong with a folder, and is empty for a good one") {
  AppFixture app;
  test::GitFixture git;
  git.commit("main", "a", "1");
  must(
      app::create_repository(app.context, app.administrator, repository_input("shop", git.path())));
  CHECK(health(app).empty());
  git.git({"symbolic-ref", "HEAD", "refs/heads/none"});
  CHECK(health(app).contains("HEAD of the repository points to none, which has no commit."));
  git.git({"symbolic-ref", "HEAD", "refs/heads/main"});
  std::filesystem::rename(git.path() / "refs", git.path() / "away");
  CHECK(health(app).contains("it has no refs"));
  std::filesystem::remove_all(git.path());
  CHECK(health(app).contains("No such file"));
}

TEST_CASE("update_repository: description, visibility, writability and what follows from it") {
  AppFixture app;
  test::GitFixture git;
  git.commit("main", "a", "1");
  auto input = repository_input("shop", git.path());
  input.writable = true;
  must(app::create_repository(app.context, app.administrator, input));
  app.now = at(5);
  auto changed = must(
      change(app, "shop",
             {.description = "What customers see", .visibility = core::Visibility::is_public}));
  CHECK(changed.description == "What customers see");
  CHECK(changed.visibility == core::Visibility::is_public);
  CHECK(changed.updated_at == at(5));
  changed = must(change(app, "shop", {.description = std::optional<std::string>{}}));
  CHECK_FALSE(changed.description.has_value());
  CHECK(changed.auto_merge == core::MergePolicy::merge);
  changed = must(change(app, "shop", {.writable = false}));
  CHECK(changed.auto_merge == core::MergePolicy::ignore);
  CHECK(reason(change(app, "shop", {.auto_merge = core::MergePolicy::merge})) == "not_writable");
  changed = must(change(app, "shop", {.writable = true, .auto_merge = core::MergePolicy::merge}));
  CHECK(changed.writable);
  const auto audits = app.audits("repository.update").size();
  CHECK(audits == 4);
  must(change(app, "shop", {.writable = true}));  // it is already writable
  CHECK(app.audits("repository.update").size() == audits);
  CHECK(reason(change(app, "shop", {.description = std::string(351, 'x')})) == "too_long");
  CHECK(reason(change(app, "shop", {.description = "a\nb"})) == "control_characters");
  CHECK(reason(change(app, "none", {})) == "repository_not_found");
}

TEST_CASE("update_repository: another path is examined, and its HEAD followed") {
  AppFixture app;
  test::GitFixture one, two(test::GitFixture::Layout::bare, "trunk");
  one.commit("main", "a", "1");
  two.commit("trunk", "a", "1");
  must(
      app::create_repository(app.context, app.administrator, repository_input("shop", one.path())));
  CHECK(reason(change(app, "shop", {.path = "/etc"})) == "repository_refused");
  const auto moved = must(change(app, "shop", {.path = two.path().string()}));
  CHECK(moved.path == two.path().string());
  CHECK(moved.default_branch == "trunk");
}

namespace {

/// A repository of ada's with a deployment.
struct RemovalFixture : AppFixture {
  app::RepositoryAccess add_with_commit() {
    git.commit("main", "a", "1");
    return add(git);
  }
  core::Deployment create(const std::string& environment) {
    core::NewDeployment input;
    input.ref = "main";
    input.environment = environment;
    return deploy(access, input);
  }
  test::GitFixture git;
  app::RepositoryAccess access = add_with_commit();
};

}  // namespace

TEST_CASE("remove_repository: ends held deployments, deletes hooks, and frees the name") {
  RemovalFixture app;
  core::HookInput hook;
  hook.config.emplace().url = "http://127.0.0.1:1/hook";
  hook.events = std::vector<std::string>{"*"};
  must(app::create_hook(app.context, app.access, hook));
  core::EnvironmentChange waits;
  waits.wait_timer = 30;
  must(app::put_environment(app.context, app.access, "guarded", waits));
  const auto held = app.create("guarded");
  const auto sent = app.create("staging");
  CHECK(held.phase == core::DeploymentPhase::held);
  const auto id = app.access.repository.id;

  const auto removal =
      must(app::remove_repository(app.context, app.administrator, "ADA", "Application"));
  CHECK(removal.deployment_count == 1);
  CHECK(removal.hook_count == 1);
  CHECK(lines_of(must(app.read(test::list_all_deployments)), &test::StoredDeployment::phase) ==
        "ended\nreleased\n");
  CHECK(app.descriptions(core::DeploymentState::failure) == "The repository was removed.\n");
  CHECK(app.deliveries(core::DeliveryState::pending).empty());
  CHECK(app.deliveries(core::DeliveryState::held).empty());
  CHECK(app.deliveries(core::DeliveryState::cancelled).size() > 0);
  CHECK(app.audits("repository.remove").size() == 1);
  CHECK(must(app::list_repositories(app.context)).empty());
  // The wait timer releases nothing any more.
  app.pass(std::chrono::hours(1));
  app::GateTimer(app.context).look_at_all();
  CHECK(app.events("deployment").size() == 1);

  const auto ada = app.log_in("ada");
  const auto entered = app.read(
      [&](store::Reader& db) { return app::enter(db, ada, id, core::operations::get_repository); });
  CHECK(entered.error().code == ErrorCode::not_found);
  // A request whose access was judged before the removal deploys nothing after it.
  core::NewDeployment late;
  late.ref = "main";
  CHECK(app::create_deployment(app.context, app.access, late).error().code == ErrorCode::not_found);
  CHECK(reason(app::remove_repository(app.context, app.administrator, "ada", "application")) ==
        "repository_not_found");

  const auto again = app.add(app.git);
  CHECK(again.repository.id != id);
  CHECK(with(must(app.read(test::list_all_deployments)), &test::StoredDeployment::repository, id)
            .size() == 2);
  must(app::remove_repository(app.context, app.administrator, "ada", "application"));
}

TEST_CASE("remove_repository: wakes the worker, since deliveries may be due now") {
  AppFixture app;
  app.add_bare("shop");
  app.told = {};
  must(app::remove_repository(app.context, app.administrator, "ada", "shop"));
  CHECK(app.told.deliveries);
}

TEST_CASE("remove_repository: an organization's hook gets the final status, but no deployment") {
  AppFixture app;
  test::GitFixture git;
  git.commit("main", "a", "1");
  must(
      app::create_account(app.context, app.administrator,
                          {.login = "team", .kind = core::AccountKind::organization, .human = ""}));
  must(app::set_member(app.context, app.administrator, "team", "ada", "admin"));
  must(
      app::create_repository(app.context, app.administrator, repository_input("shop", git.path())));
  const auto ada = app.log_in("ada", "repo, admin:org");
  const auto access = must(app.read([&](store::Reader& db) {
    return app::enter(db, ada, app::RepositoryName{"team", "shop"},
                      core::operations::create_deployment);
  }));
  const auto organization = must(app.read([&](store::Reader& db) {
    return app::enter(db, ada, app::OrganizationPlace("team"), core::operations::create_team);
  }));
  core::HookInput hook;
  hook.config.emplace().url = "http://127.0.0.1:1/hook";
  hook.events = std::vector<std::string>{"*"};
  must(app::create_hook(app.context, organization, hook));
  core::EnvironmentChange waits;
  waits.wait_timer = 30;
  must(app::put_environment(app.context, access, "guarded", waits));
  core::NewDeployment input;
  input.ref = "main";
  app.deploy(access, input);
  input.environment = "guarded";
  app.deploy(access, input);
  must(app::remove_repository(app.context, app.administrator, "team", "shop"));
  std::set<std::string> pending;
  for (const auto& delivery : app.deliveries(core::DeliveryState::pending)) {
    pending.insert(delivery.event);
  }
  CHECK(pending == std::set<std::string>{"deployment_status", "ping"});
  CHECK(std::ranges::count(app.deliveries(core::DeliveryState::cancelled), "deployment",
                           &test::StoredDelivery::event) == 1);
}
