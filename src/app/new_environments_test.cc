#include "app/new_environments.h"

#include <doctest/doctest.h>

#include "app/environments.h"
#include "core/dry_run.h"
#include "store/environments.h"
#include "support/app_fixture.h"

using namespace esclusa;
using core::NewEnvironments;
using test::must;

namespace {

struct NamingFixture : test::AppFixture {
  app::RepositoryAccess add_with_commit() {
    git.commit("main", "a", "1");
    return add(git);
  }

  Result<app::CreateOutcome> create(const std::string& environment) {
    core::NewDeployment input;
    input.ref = "main";
    input.environment = environment;
    return app::create_deployment(context, ada, input);
  }
  std::string refusal(const std::string& environment) {
    const auto created = create(environment);
    return created ? "" : created.error().reason_code;
  }
  core::DryRun try_out(const std::string& environment) {
    core::NewDeployment input;
    input.ref = "main";
    input.environment = environment;
    return must(app::dry_run(context, ada, input));
  }
  std::string put(const std::string& name) {
    const auto made = app::put_environment(context, ada, name, {});
    return made ? "" : made.error().reason_code;
  }
  std::string move(const core::Deployment& deployment, const std::string& environment) {
    core::NewDeploymentStatus input;
    input.state = core::DeploymentState::success;
    input.environment = environment;
    const auto made = app::create_status(context, ada, deployment.id, input);
    return made ? "" : made.error().reason_code;
  }
  /// Inserts an environment as an older version did, with a name that is refused today.
  void make_as_before(const std::string& name) {
    must(write(
        [&](store::Writer& tx) { store::ensure_environment(tx, ada.repository.id, name, now); }));
  }
  void take(NewEnvironments policy) {
    must(app::choose_new_environments(context, administrator, "ada", "Application", policy));
  }

  test::GitFixture git;
  app::RepositoryAccess ada = add_with_commit();
};

}  // namespace

TEST_CASE("a new environment must not have a name that looks like another one's") {
  NamingFixture app;
  const auto made = std::get<core::Deployment>(must(app.create("staging")));
  for (const char* name : {"production ", " production", "produc\u200Btion", "\u202Eproduction",
                           "production\u00A0", "production\u3164"}) {
    CAPTURE(name);
    CHECK(app.refusal(name) == "invalid_environment_name");
    CHECK(app.try_out(name).refusal->reason_code == "invalid_environment_name");
    CHECK(app.put(name) == "invalid_environment_name");
    CHECK(app.move(made, name) == "invalid_environment_name");
  }
  CHECK(app.row_count("environment_name") == 1);
}

TEST_CASE("an older environment with such a name can be read, used and deleted") {
  NamingFixture app;
  app.make_as_before("production ");
  const auto found = must(app.read(
      [&](store::Reader& db) { return app::get_environment(db, app.ada, "production "); }));
  CHECK(found.name.name == "production ");
  const auto listing =
      must(app.read([&](store::Reader& db) { return app::list_environments(db, app.ada, {}); }));
  CHECK(listing.total_count == 1);
  CHECK(app.refusal("production ") == "");
  CHECK(app.put("production ") == "");
  must(app::delete_environment(app.context, app.ada, "production "));
  CHECK(app.refusal("production ") == "invalid_environment_name");
}

TEST_CASE("a create makes no environment where only known ones are accepted") {
  NamingFixture app;
  CHECK(app.put("staging") == "");
  app.take(NewEnvironments::known);
  const auto made = std::get<core::Deployment>(must(app.create("Staging")));
  const auto refused = app.create("stagin");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().reason_code == "environment_unknown");
  CHECK(refused.error().message.contains("did you mean \"staging\"?"));
  CHECK(app.try_out("stagin").refusal->reason_code == "environment_unknown");
  CHECK(app.move(made, "stagin") == "environment_unknown");
  CHECK(app.move(made, "STAGING") == "");
  CHECK(app.row_count("environment_name") == 1);
  CHECK(app.put("qa") == "");
  CHECK(app.refusal("qa") == "");
  must(app::delete_environment(app.context, app.ada, "qa"));
  CHECK(app.refusal("qa") == "environment_unknown");
  app.take(NewEnvironments::any);
  CHECK(app.refusal("qa") == "");
  CHECK(lines_of(app.audits("repository.environments"), &test::StoredAudit::detail) ==
        "{\"environments\":\"known\"}\n{\"environments\":\"any\"}\n");
  const auto missing = app::choose_new_environments(app.context, app.administrator, "ada", "none",
                                                    NewEnvironments::known);
  CHECK(missing.error().reason_code == "repository_not_found");
}

TEST_CASE("dry_run: says that a create would make the environment") {
  NamingFixture app;
  CHECK(app.try_out("staging").makes_environment);
  CHECK(app.row_count("environment") == 0);
  must(app.create("staging"));
  CHECK_FALSE(app.try_out("staging").makes_environment);
}
