#include "app/branch_protections.h"

#include <doctest/doctest.h>

#include "app/environments.h"
#include "base/limits.h"
#include "store/branch_protections.h"
#include "support/app_fixture.h"

using namespace esclusa;
using test::AppFixture;
using test::must;

namespace {

struct ProtectionFixture : AppFixture {
  ProtectionFixture() : access(add(git)) {}

  Result<void> protect(const std::string& pattern, const std::string& name = "application") {
    return app::protect_branches(context, administrator, "ada", name, pattern);
  }
  Result<void> unprotect(const std::string& pattern) {
    return app::unprotect_branches(context, administrator, "ADA", "Application", pattern);
  }
  Result<std::vector<core::BranchProtection>> list(const std::string& name = "application") {
    return read([&](store::Reader& db) { return app::list_branch_protections(db, "ada", name); });
  }
  std::string patterns() {
    std::string all;
    for (const auto& one : must(list())) {
      all += one.pattern + " ";
    }
    return all;
  }

  test::GitFixture git;
  std::string sha = git.commit("main", "a.txt", "one");
  app::RepositoryAccess access;
};

template <class T>
std::string reason(const Result<T>& result) {
  return result ? "" : result.error().reason_code;
}

}  // namespace

TEST_CASE("protect_branches: stores each pattern once, with an audit row; it can be removed") {
  ProtectionFixture app;
  must(app.protect("release/*"));
  must(app.protect("main"));
  must(app.protect("main"));  // the pattern is already there
  CHECK(app.patterns() == "main release/* ");
  CHECK(lines_of(app.audits("branch_protection.create"), &test::StoredAudit::detail) ==
        "{\"pattern\":\"release/*\"}\n{\"pattern\":\"main\"}\n");
  must(app.unprotect("main"));
  CHECK(app.patterns() == "release/* ");
  CHECK(app.audits("branch_protection.delete").size() == 1);
  CHECK(reason(app.unprotect("main")) == "branch_protection_not_found");
}

TEST_CASE("protect_branches: refuses an invalid pattern, an unknown repository, and too many") {
  ProtectionFixture app;
  const auto refused = app.protect("two\nlines");
  REQUIRE_FALSE(refused);
  REQUIRE(refused.error().fields.size() == 1);
  CHECK(refused.error().fields[0].resource == "BranchProtection");
  CHECK(refused.error().fields[0].field == "pattern");
  CHECK(reason(app.protect("main", "none")) == "repository_not_found");
  CHECK(reason(app.list("none")) == "repository_not_found");
  must(app.write([&](store::Writer& tx) {
    for (size_t i = 0; i + 1 < limits::branch_protections; ++i) {
      store::insert_branch_protection(tx, app.access.repository.id, "branch-" + std::to_string(i),
                                      test::at(1));
    }
  }));
  must(app.protect("the-last"));
  CHECK(reason(app.protect("one-more")) == "too_many_branch_protections");
  must(app.protect("branch-7"));
  CHECK(app.row_count("branch_protection") == static_cast<int64_t>(limits::branch_protections));
}

TEST_CASE("protect_branches, unprotect_branches: deployments that wait are judged again") {
  ProtectionFixture app;
  must(app.protect("main"));
  core::EnvironmentChange change;
  change.branch_policy = core::BranchPolicyMode::protected_branches;
  change.wait_timer = 5;
  must(app::put_environment(app.context, app.access, "production", change));
  core::NewDeployment input;
  input.ref = "main";
  input.environment = "production";
  const auto waiting = app.deploy(app.access, input);
  REQUIRE(waiting.phase == core::DeploymentPhase::held);
  auto state = [&] {
    return lines_of(with(app.gates(), &test::StoredGate::kind, std::string("branch_policy")),
                    &test::StoredGate::state);
  };
  CHECK(state() == "open\n");
  must(app.protect("release/*"));
  must(app.unprotect("main"));
  CHECK(state() == "shut\n");
  // The wait timer is over, but the branch policy still holds the deployment.
  app.pass(std::chrono::minutes(6));
  must(app.protect("other"));
  CHECK(app.events("deployment").size() == 0);
  app.told = {};
  must(app.protect("mai[n]"));
  CHECK(state() == "open\n");
  CHECK(app.events("deployment").size() == 1);
  CHECK(app.told.events);
  CHECK(app.told.events);
  CHECK_FALSE(app.told.deliveries);  // no hook wants the event
}
