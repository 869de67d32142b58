// What two servers on one PostgreSQL do to the same deployment at the same time.

#include <doctest/doctest.h>

#include <cstdlib>
#include <functional>
#include <thread>

#include "support/gate_fixture.h"

using namespace esclusa;
using test::must;

namespace {

/// Sets the engine of the fixtures before they are made.
struct OnPostgres {
  OnPostgres() { setenv("ESCLUSA_TEST_ENGINE", "postgresql", 1); }
  ~OnPostgres() {
    if (before.empty()) {
      unsetenv("ESCLUSA_TEST_ENGINE");
    } else {
      setenv("ESCLUSA_TEST_ENGINE", before.c_str(), 1);
    }
  }
  const char* given = std::getenv("ESCLUSA_TEST_ENGINE");
  const std::string before = given != nullptr ? given : "";
};

struct TwoServers : OnPostgres, test::GateFixture {
  /// Runs `change` in a transaction that has locked the deployment, and commits it once `work`,
  /// which runs on another thread, waits for a lock. Returns the result of `work`.
  template <class Work>
  auto meanwhile(const core::Deployment& deployment, Work work,
                 const std::function<void(store::Writer&)>& change) {
    std::optional<std::invoke_result_t<Work>> result;
    std::atomic<bool> is_done = false;
    std::jthread other;
    test::write(context.database, [&](store::Writer& tx) {
      store::lock_deployment(tx, deployment.id);
      change(tx);
      other = std::jthread([&] {
        result = work();
        is_done = true;
      });
      while (!is_done && tx.number("select count(*) from pg_locks where not granted") == 0) {
        std::this_thread::yield();
      }
    });
    other.join();
    return *std::move(result);
  }
};

}  // namespace

TEST_CASE("create_status: waits for a change of the deployment, and judges what that left") {
  TwoServers app;
  const auto deployment = app.deploy("staging");
  core::NewDeploymentStatus input;
  input.state = core::DeploymentState::success;
  const auto made = app.meanwhile(
      deployment, [&] { return app::create_status(app.context, app.ada, deployment.id, input); },
      [&](store::Writer& tx) { store::delete_deployment(tx, deployment.id); });
  REQUIRE_FALSE(made.has_value());
  CHECK(made.error().code == ErrorCode::not_found);
}

TEST_CASE("review_deployment: waits for a change of the deployment, and judges what that left") {
  TwoServers app;
  app.guard(app.by_review());
  const auto held = app.deploy();
  const auto reviewed = app.meanwhile(
      held, [&] { return app.review(app.grace, held); },
      [&](store::Writer& tx) {
        store::leave_held(tx, held.id, core::DeploymentPhase::ended, app.now);
      });
  CHECK(app.refusal(reviewed) == "not_waiting");
}
