#include <doctest/doctest.h>

#include "agent/files.h"
#include "agent/runner.h"
#include "support/captured_log.h"
#include "support/runner_fixture.h"

namespace esclusa::agent {
namespace {
namespace fs = std::filesystem;
using namespace std::chrono_literals;

struct Fixture : testing::RunnerFixture {
  Fixture() {
    github.have_claims();
    config.claim_times = {.claim = 600s, .heartbeat = 10ms, .answer = 5s, .margin = 11s};
    make_runner();
  }
  std::string log_of(int64_t id) const {
    return test::read_file(folder / "work/runs/demo/shop" / std::to_string(id) / "log");
  }
  /// A line of a command that waits until the test goes on.
  std::string wait_for_go() const {
    return "while [ ! -e " + (folder / "go").string() + " ]; do sleep 0.01; done";
  }
  void go() const { folder.write("go", ""); }
  void wait_until_ran() const {
    while (!ran().ends_with('\n')) std::this_thread::yield();
  }
  void end_runner() {
    stop->request();
    CHECK(runner->wait_idle(1h));
    runner.reset();
  }
};

TEST_CASE_FIXTURE(Fixture, "Runner: claims a deployment, and reports everything with the fence") {
  start();
  deploy({.id = 1});
  github.wait_for(1, "success");
  const auto statuses = github.statuses(1);
  REQUIRE(statuses.size() == 2);
  CHECK(statuses[0].fence == "1");
  CHECK(statuses[1].fence == "1");
  CHECK(!github.claim_of(1));
  CHECK(ran() == "ran\n");
}

TEST_CASE_FIXTURE(Fixture, "Runner: the fence is on the disk before the run is reported") {
  use(wait_for_go());
  start();
  deploy({.id = 1});
  github.wait_for(1, "in_progress");
  CHECK(test::read_file(folder / "work/runs/demo/shop/1/run.json").contains("\"fence\":1"));
  go();
  github.wait_for(1, "success");
}

TEST_CASE_FIXTURE(Fixture, "Runner: other entries count for what begins later, not for a run") {
  use(wait_for_go() + "; echo old >>" + (folder / "ran").string());
  start();
  deploy({.id = 1});
  github.wait_for(1, "in_progress");
  Config next = config;
  next.rules[0].command = {"sh", "-c", "echo new >>" + (folder / "ran").string()};
  REQUIRE(runner->use(std::make_shared<const Config>(next)));
  go();
  github.wait_for(1, "success");
  deploy({.id = 2});
  github.wait_for(2, "success");
  CHECK(ran() == "old\nnew\n");
  next.rules[0].repository = "demo/other";
  REQUIRE(runner->use(std::make_shared<const Config>(next)));
  deploy({.id = 3});
  while (!work->queued()->empty()) std::this_thread::yield();
  CHECK(github.statuses(3).empty());
}

TEST_CASE_FIXTURE(Fixture, "Runner: what another agent has claimed waits, and is run once") {
  start();
  github.add(1, {sha});
  const int64_t fence = github.claim_elsewhere(1);
  deploy({.id = 1});
  github.wait_for_requests(10);
  CHECK(ran().empty());
  SUBCASE("it gives it up") {
    github.end_claim(1);
    github.wait_for(1, "success");
    CHECK(ran() == "ran\n");
  }
  SUBCASE("it starts it") {
    github.end_claim(1);
    github.claim_elsewhere(1, true);
    pass_through();
    CHECK(ran() == "ran\n");
    CHECK(github.statuses(1).empty());
  }
  CHECK(fence == 1);
}

TEST_CASE_FIXTURE(Fixture, "Runner: a refused claim has the same result as the judgement") {
  for (const auto& [id, reason] :
       std::initializer_list<std::pair<int64_t, const char*>>{{1, "claim_started"},
                                                              {2, "in_progress"},
                                                              {3, "deployment_ended"},
                                                              {4, "waiting_for_protection"}}) {
    github.refuse_claims(id, reason);
  }
  github.refuse_claims(5, "superseded", "Deployment 6 is newer than 5 and live");
  start();
  for (int64_t id = 1; id <= 5; ++id) deploy({.id = id, .task = "task-" + std::to_string(id)});
  pass_through();
  CHECK(ran() == "ran\n");
  CHECK(work->queued()->empty());
  for (int64_t id = 1; id <= 4; ++id) CHECK(github.statuses(id).empty());
  REQUIRE(github.states(5) == "inactive");
  CHECK(github.statuses(5)[0].description == "Superseded by deployment 6");
}

TEST_CASE_FIXTURE(Fixture, "Runner: what another agent runs is not ended as superseded") {
  github.add(4, {sha, "staging", "deploy", {{"in_progress", "", "", ""}}});
  github.add(5, {sha, "staging", "deploy", {{"success", "", "", ""}}});
  github.claim_elsewhere(4, true);
  REQUIRE(work->enqueue(event({.id = 4})) == Enqueued::added);
  start();
  pass_through();
  CHECK(github.states(4) == "in_progress");
}

TEST_CASE_FIXTURE(Fixture, "Runner: what another agent has claimed is not ended as superseded") {
  github.add(4, {sha});
  SUBCASE("the agent sees the newer deployment") {
    github.add(5, {sha, "staging", "deploy", {{"success", "", "", ""}}});
  }
  SUBCASE("the server names it") {
    github.refuse_claims(4, "superseded", "Deployment 5 is newer than 4 and live");
  }
  const int64_t fence = github.claim_elsewhere(4);
  REQUIRE(work->enqueue(event({.id = 4})) == Enqueued::added);
  start();
  pass_through();
  CHECK(github.statuses(4).empty());
  REQUIRE(github.claim_of(4));
  CHECK(github.claim_of(4)->fence == fence);
  CHECK(work->queued()->empty());
}

TEST_CASE_FIXTURE(Fixture, "Runner: a superseded deployment's own left claim is given up") {
  github.add(4, {sha});
  github.add(5, {sha, "staging", "deploy", {{"success", "", "", ""}}});
  REQUIRE(work->enqueue(event({.id = 4})) == Enqueued::added);
  const std::atomic<bool> goes_on = false;
  const client::Api api({.base_url = github.url, .token = Secret("t")});
  REQUIRE(api.claim("demo/shop", 4, 600s, goes_on));
  start();
  CHECK(github.wait_for(4, "inactive").description == "Superseded by deployment 5");
  CHECK(!github.claim_of(4));
}

TEST_CASE_FIXTURE(Fixture, "Runner: a claim that is lost before the start takes the run back") {
  github.on_claim(1, [&] { github.end_claim(1); });
  start();
  deploy({.id = 1});
  github.wait_for(1, "success");
  CHECK(github.states(1) == "in_progress success");
  CHECK(github.statuses(1)[0].fence == "2");
  CHECK(ran() == "ran\n");
  CHECK(github.claim_count() == 2);
}

TEST_CASE_FIXTURE(Fixture, "Runner: a takeover before the start: nothing is run or reported") {
  github.on_claim(1, [&] {
    github.end_claim(1);
    github.claim_elsewhere(1, true);
  });
  start();
  deploy({.id = 1});
  pass_through();
  CHECK(github.statuses(1).empty());
  CHECK(ran() == "ran\n");
  CHECK(work->queued()->empty());
  CHECK(!fs::exists(folder / "work/runs/demo/shop/1"));
}

TEST_CASE_FIXTURE(Fixture, "Runner: a lost claim stops the command, and nothing is reported") {
  use("echo ran >>" + (folder / "ran").string() + "; trap 'exit 7' TERM; sleep 1000 & wait");
  start();
  deploy({.id = 1});
  wait_until_ran();
  github.end_claim(1);
  use("true");
  pass_through();
  CHECK(github.states(1) == "in_progress");
  CHECK(log_of(1).contains("The server ended the claim: It was lost. The command was stopped"));
  CHECK(!log_of(1).contains("The agent was stopped"));
  end_runner();
  CHECK(work->unreported_runs()->empty());
  make_runner();
  start();
  deploy({.id = 1001});
  github.wait_for(1001, "success");
  CHECK(github.states(1) == "in_progress");
  CHECK(ran() == "ran\n");
}

TEST_CASE_FIXTURE(Fixture, "Runner: while the command runs, its claim is kept alive") {
  use(wait_for_go());
  start();
  deploy({.id = 1});
  github.wait_for(1, "in_progress");
  github.wait_for_heartbeats(github.heartbeat_count() + 3);
  CHECK(github.claim_of(1)->is_started);
  go();
  github.wait_for(1, "success");
}

TEST_CASE_FIXTURE(Fixture,
                  "Runner: a command whose claim cannot be kept is stopped before its end") {
  end_runner();
  config.claim_times.claim = 13s;  // 2 s before the margin begins
  make_runner();
  use("echo ran >>" + (folder / "ran").string() + "; exec sleep 1000");
  start();
  deploy({.id = 1});
  wait_until_ran();
  github.set_down(true);
  while (!log_of(1).contains("could not be told in time")) std::this_thread::yield();
  github.set_down(false);
  // Here the claim is still live: so the server takes the report.
  CHECK(github.wait_for(1, "error").description ==
        "The server could not be told in time that the run goes on");
  CHECK(ran() == "ran\n");
}

TEST_CASE_FIXTURE(Fixture, "Runner: after a crash the error is reported under the fence") {
  github.add(3, {sha});
  const int64_t fence = 1;
  RunFolder run = work->begin_run(event({.id = 3}), testing::deployment_of({.id = 3, .sha = sha}),
                                  {.repository = "demo/shop",
                                   .deployment = 3,
                                   .environment = "staging",
                                   .fence = fence})
                      .value()
                      .value();
  SUBCASE("its claim is live") {
    const std::atomic<bool> goes_on = false;
    const client::Api api({.base_url = github.url, .token = Secret("t")});
    REQUIRE(api.claim("demo/shop", 3, 600s, goes_on)->fence == fence);
    start();
    CHECK(github.wait_for(3, "error").fence == "1");
  }
  SUBCASE("its claim was lost") {
    start();
    pass_through();
    CHECK(github.statuses(3).empty());
    end_runner();
    CHECK(work->unreported_runs()->empty());
  }
  SUBCASE("the server has ended it") {
    github.add(3, {sha, "staging", "deploy", {{"error", "claim_expired", "", ""}}});
    const std::string log = test::captured_log([&] {
      start();
      pass_through();
      end_runner();
    });
    CHECK(log.contains("The server has ended deployment 3 as `error` already; there is nothing"));
    CHECK(!log.contains("the server refuses the outcome"));
    CHECK(github.states(3) == "error");
    CHECK(work->unreported_runs()->empty());
  }
  CHECK(ran().find("ran\nran") == std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "Runner: a claim whose run did not begin is released after a crash") {
  github.add(1, {sha});
  REQUIRE(work->enqueue(event({.id = 1})) == Enqueued::added);
  const std::atomic<bool> goes_on = false;
  const client::Api api({.base_url = github.url, .token = Secret("t")});
  REQUIRE(api.claim("demo/shop", 1, 600s, goes_on));
  start();
  CHECK(github.wait_for(1, "success").fence == "2");
  CHECK(ran() == "ran\n");
}

TEST_CASE_FIXTURE(Fixture, "Runner: a claim whose answer was lost is released, and made again") {
  github.on_claim(1, [&] { github.lose_answers(true); });
  start();
  deploy({.id = 1});
  github.wait_for_requests(github.request_count() + 8);
  github.lose_answers(false);
  github.wait_for(1, "success");
  CHECK(github.states(1) == "in_progress success");
  CHECK(ran() == "ran\n");
}

TEST_CASE_FIXTURE(Fixture, "Runner: a disk that is full is reported under the fence") {
  fs::remove(folder / "work/runs");
  folder.write("work/runs", "");
  runner->start();
  deploy({.id = 1});
  CHECK(github.wait_for(1, "error").fence == "1");
  fs::remove(folder / "work/runs");
  pass_through();
}

TEST_CASE_FIXTURE(Fixture, "Runner: a stop during a claimed run reports under the fence") {
  use("echo ran >>" + (folder / "ran").string() + "; exec sleep 1000");
  start();
  deploy({.id = 1});
  wait_until_ran();
  end_runner();
  REQUIRE(github.states(1) == "in_progress error");
  CHECK(github.statuses(1)[1].fence == "1");
}

// Secrets and variables.

TEST_CASE_FIXTURE(Fixture,
                  "Runner: the command gets secrets and variables, and the log hides them") {
  github.have_values(R"({"DB_URL":"postgres://u:s3cr3t@db","PIN":"123"})", R"({"REGION":"eu"})");
  use("printf %s \"$DB_URL $PIN $REGION\" >" + (folder / "ran").string() +
      "; echo \"url $DB_URL\"; printf 'postgres://u:s3'; sleep 0.2; echo 'cr3t@db'; "
      "printf %s \"$DB_URL\" | base64; exit 3");
  start();
  deploy({.id = 1});
  github.wait_for(1, "failure");
  CHECK(ran() == "postgres://u:s3cr3t@db 123 eu");
  const std::string log = log_of(1);
  CHECK(log.contains("url ***\n***\n***"));
  CHECK(log.contains("The secret PIN has fewer than four characters: the log does not hide it."));
  CHECK(!log.contains("s3cr3t"));
  CHECK(github.wanted_values() == "{}");
  for (const auto& entry : fs::recursive_directory_iterator(folder / "work")) {
    if (entry.is_regular_file()) CHECK(!test::read_file(entry.path()).contains("s3cr3t"));
  }
}

TEST_CASE_FIXTURE(Fixture, "Runner: only the values that the entry names are asked for") {
  github.have_values(R"({"DB_URL":"abcdef"})", "{}");
  config.rules[0].secrets = {{"DB_URL"}};
  config.rules[0].variables = std::vector<std::string>();
  make_runner();
  start();
  deploy({.id = 1});
  github.wait_for(1, "success");
  CHECK(github.wanted_values() == R"({"secrets":["DB_URL"],"variables":[]})");
}

TEST_CASE_FIXTURE(Fixture, "Runner: an entry that wants none does not ask") {
  config.rules[0].secrets = std::vector<std::string>();
  config.rules[0].variables = std::vector<std::string>();
  make_runner();
  start();
  deploy({.id = 1});
  github.wait_for(1, "success");
  CHECK(github.wanted_values().empty());
}

TEST_CASE_FIXTURE(Fixture,
                  "Runner: another token than an agent's gets none, and may not name any") {
  start();
  deploy({.id = 1});
  github.wait_for(1, "success");
  CHECK(ran() == "ran\n");
  CHECK(log_of(1).contains(
      "No secrets or variables: the token is not an agent's (`esclusa agent token`).\n"));
  end_runner();
  config.rules[0].variables = {{"REGION"}};
  make_runner();
  start();
  deploy({.id = 2});
  CHECK(github.wait_for(2, "error").description.contains("to an agent token only"));
  CHECK(ran() == "ran\n");
}

TEST_CASE_FIXTURE(Fixture, "Runner: values that no command can be given are an error") {
  github.have_values(R"({"LD_PRELOAD":"s3cret"})", "{}");
  start();
  deploy({.id = 1});
  CHECK(github.wait_for(1, "error").description.contains("Not run: LD_PRELOAD would change"));
  CHECK(ran().empty());
}

TEST_CASE_FIXTURE(Fixture, "Runner: values whose answer was lost are not given again") {
  github.have_values("{}", "{}");
  github.take_values_away(1);
  start();
  deploy({.id = 1});
  CHECK(github.wait_for(1, "error").description.contains("gives no secrets: Once only"));
  CHECK(ran().empty());
}

TEST_CASE("Runner: without claims it works as before, but not for an entry that names secrets") {
  testing::RunnerFixture fixture;
  fixture.config.rules[0].secrets = {{"DB_URL"}};
  fixture.make_runner();
  fixture.start();
  fixture.deploy({.id = 1});
  CHECK(fixture.github.wait_for(1, "error").description.contains("the server has no claims"));
  CHECK(fixture.ran().empty());
  CHECK(fixture.github.statuses(1)[0].fence.empty());
}

}  // namespace
}  // namespace esclusa::agent
