#include <doctest/doctest.h>

#include "agent/runner.h"
#include "base/process.h"
#include "support/runner_fixture.h"

namespace esclusa::agent {
namespace {
using namespace std::chrono_literals;
using Fixture = testing::RunnerFixture;

TEST_CASE_FIXTURE(Fixture, "Runner: the processes of a run that was cut off are ended") {
  github.add(3, {sha});
  const std::string file = begun(3).event_file();
  ProcessOutcome ended;
  std::atomic<bool> has_begun = false;
  std::jthread left([&] {
    ProcessSpec spec;
    spec.arguments = {"/bin/sh", "-c", "echo; exec sleep 1000"};
    spec.environment = {"PATH=/usr/bin:/bin", "ESCLUSA_EVENT_FILE=" + file};
    spec.time_limit = 1min;
    spec.on_output = [&](std::string_view) {
      has_begun = true;
      has_begun.notify_all();
    };
    ended = run_process(spec).value();
  });
  has_begun.wait(false);
  start();
  github.wait_for(3, "error");
  left.join();
  CHECK_FALSE(ended.timed_out);
}

TEST_CASE_FIXTURE(Fixture, "Runner: an outcome is reported, though another run has reported one") {
  github.add(3, {sha, "staging", "deploy", {{"failure", "", "http://agent/logs/other", ""}}});
  begun(3);
  start();
  github.wait_for(3, "error");
  CHECK(github.states(3) == "failure error");
}

TEST_CASE_FIXTURE(Fixture, "Runner: an outcome that was reported is noted as such") {
  start();
  deploy({.id = 1});
  github.wait_for(1, "success");
  stop->request();
  runner->wait_idle(1h);
  CHECK(work->unreported_runs()->empty());
}

TEST_CASE_FIXTURE(Fixture, "Runner: each report of a run has an idempotency key of its own") {
  start();
  deploy({.id = 1});
  github.wait_for(1, "success");
  const auto statuses = github.statuses(1);
  REQUIRE(statuses.size() == 2);
  CHECK(!statuses[0].key.empty());
  CHECK(!statuses[1].key.empty());
  CHECK(statuses[0].key != statuses[1].key);
}

TEST_CASE_FIXTURE(Fixture, "Runner: a deployment that is deleted while it runs holds nothing up") {
  const std::string file = (folder / "go").string();
  use("while [ ! -e " + file + " ]; do sleep 0.01; done");
  start();
  deploy({.id = 1});
  github.wait_for(1, "in_progress");
  github.remove(1);
  folder.write("go", "");
  pass_through();
}

TEST_CASE_FIXTURE(Fixture, "Runner: two spellings of an environment's name share one lane") {
  const std::string lock = (folder / "lock").string();
  use("mkdir " + lock + " || exit 1; sleep 0.3; rmdir " + lock);
  deploy({.id = 1});
  deploy({.id = 2, .environment = "Staging"});
  start();
  github.wait_for(1, "success");
  github.wait_for(2, "success");
  CHECK(github.states(1) == "in_progress success");
  CHECK(github.states(2) == "in_progress success");
}

TEST_CASE_FIXTURE(Fixture, "Runner: a stop while the server is asked begins no run") {
  github.on_read_of_statuses(1, [&] {
    stop->request();
    return testing::FakeGithub::Status{"queued", "", "", ""};
  });
  start();
  deploy({.id = 1});
  github.wait_for(1, "queued");
  runner->wait_idle(1h);
  CHECK(github.states(1) == "queued");
  CHECK(work->queued()->size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "Runner: a stop ends the report of a begin that finds no answer") {
  github.lose_answers(true);
  start();
  deploy({.id = 1});
  github.wait_for(1, "in_progress");
  stop->request();
  CHECK(runner->wait_idle(30s));
  github.lose_answers(false);
  CHECK(ran().empty());
}

}  // namespace
}  // namespace esclusa::agent
