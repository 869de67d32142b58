#include "agent/runner.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "agent/files.h"
#include "base/limits.h"
#include "support/captured_log.h"
#include "support/runner_fixture.h"

namespace esclusa::agent {
namespace {
namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Fixture = testing::RunnerFixture;

TEST_CASE_FIXTURE(Fixture, "Runner: reports in_progress and success, with the log") {
  start();
  deploy({.id = 7});
  const auto end = github.wait_for(7, "success");
  CHECK(github.states(7) == "in_progress success");
  CHECK(end.environment_url == "https://staging.example");
  REQUIRE(end.log_url.starts_with("http://agent/logs/"));
  CHECK(github.statuses(7)[0].log_url == end.log_url);
  const std::string log = test::read_file(
      work->find_log(end.log_url.substr(std::string("http://agent/logs/").size())).value());
  CHECK(log.starts_with("Deployment 7 of demo/shop\n"));
  CHECK(log.contains(sha));
  CHECK(ran() == "ran\n");
  CHECK(!fs::exists(folder / "work/runs/demo/shop/7/source"));
}

TEST_CASE_FIXTURE(Fixture, "Runner: in pull mode the log is at the server before the outcome") {
  config.mode = Mode::pull;
  use("echo hello; printf 'no text: \\377\\n'");
  make_runner();
  deploy({.id = 5});
  start();
  const auto status = github.wait_for(5, "success");
  CHECK(status.log_url == github.url + "/esclusa/repos/demo/shop/deployments/5/log");
  CHECK(github.log(5).contains("\nhello\nno text: ?\n"));
  CHECK(github.log(5).contains("The command succeeded."));
}

TEST_CASE_FIXTURE(Fixture, "Runner: the command and the commit may fail") {
  use("exit 3");
  start();
  deploy({.id = 1});
  const auto failure = github.wait_for(1, "failure");
  CHECK(failure.description == "The command exited with 3");
  CHECK(failure.environment_url.empty());
  deploy({.id = 2, .sha = std::string(40, 'b')});
  const auto end = github.wait_for(2, "error");
  CHECK(end.description.contains("The commit is not in the repository"));
  CHECK(!end.log_url.empty());
}

TEST_CASE_FIXTURE(Fixture, "Runner: what is finished, gone or held does not run") {
  int64_t id = 0;
  for (const char* state : {"success", "failure", "error", "inactive"}) {
    ++id;
    REQUIRE(work->enqueue(event({.id = id})));
    github.add(id, {sha, "staging", "deploy", {{state, "", "", ""}}});
  }
  REQUIRE(work->enqueue(event({.id = 20})));
  REQUIRE(work->enqueue(event({.id = 21})));
  github.add(21, {sha, "staging", "deploy", {{"waiting", "", "", ""}}});
  start();
  pass_through();
  CHECK(ran() == "ran\n");
  CHECK(work->queued()->empty());
  CHECK(github.states(21) == "waiting");
}

TEST_CASE_FIXTURE(Fixture, "Runner: a release that is told while the deployment is judged runs") {
  github.add(21, {sha, "staging", "deploy", {{"waiting", "", "", ""}}});
  REQUIRE(work->enqueue(event({.id = 21})) == Enqueued::added);
  github.on_read_of_statuses(21, [&] {
    CHECK(work->enqueue(event({.id = 21})) == Enqueued::already_known);
    return testing::FakeGithub::Status{"queued", "", "", ""};
  });
  start();
  github.wait_for(21, "success");
  CHECK(github.states(21) == "waiting queued in_progress success");
  CHECK(ran() == "ran\n");
}

TEST_CASE_FIXTURE(Fixture, "Runner: the event is a hint, and the server says what is deployed") {
  config.rules[0].environment = "staging";
  config.rules[0].task = "deploy";
  config.rules.push_back(config.rules[0]);
  config.rules[1].environment = "production";
  config.rules[1].task = "*";
  config.rules[1].command = {"sh", "-c", "echo production >>" + (folder / "ran").string()};
  use("echo $ESCLUSA_ENVIRONMENT $ESCLUSA_TASK $ESCLUSA_REF $ESCLUSA_SHA "
      "$(cat $ESCLUSA_PAYLOAD_FILE) >>" +
      (folder / "ran").string() + "; grep -c forged $ESCLUSA_EVENT_FILE >>" +
      (folder / "ran").string() + " || true");
  make_runner();
  const auto forged = event({.id = 7,
                             .environment = "production",
                             .task = "forged",
                             .ref = "forged",
                             .sha = std::string(40, 'f'),
                             .payload = R"({"forged":1})"});
  github.add(7, {.sha = sha, .payload = R"({"true":1})"});
  REQUIRE(work->enqueue(forged) == Enqueued::added);
  start();
  github.wait_for(7, "success");
  CHECK(ran() == "staging deploy main " + sha + " {\"true\":1}\n0\n");
  CHECK(github.statuses(7)[0].description ==
        "The agent runs the command; its event had another ref, sha, task, environment");
}

TEST_CASE_FIXTURE(Fixture, "Runner: without an original environment the present one counts") {
  config.rules[0].environment = "staging";
  use("echo $ESCLUSA_ENVIRONMENT >>" + (folder / "ran").string());
  make_runner();
  github.add(7, {.sha = sha, .has_original_environment = false});
  REQUIRE(work->enqueue(event({.id = 7})) == Enqueued::added);
  start();
  pass_through();
  CHECK(github.states(7) == "in_progress success");
  CHECK(ran() == "staging\nstaging\n");
}

TEST_CASE_FIXTURE(Fixture, "Runner: an event that names another environment waits for its own") {
  config.rules[0].command = {"sh", "-c",
                             "mkdir " + (folder / "running").string() + " && sleep 0.1 && rmdir " +
                                 (folder / "running").string()};
  make_runner();
  for (int64_t id = 1; id <= 4; ++id) {
    github.add(id, {sha, "staging", "task-" + std::to_string(id)});
    REQUIRE(work->enqueue(event({.id = id, .environment = "env-" + std::to_string(id)})));
  }
  start();
  for (int64_t id = 1; id <= 4; ++id) github.wait_for(id, "success");
}

TEST_CASE_FIXTURE(Fixture,
                  "Runner: what no command can be given is an error, and the next goes on") {
  start();
  deploy({.id = 1, .task = "two\\nlines"});
  CHECK(github.wait_for(1, "error").description ==
        "Not run: the task of the deployment has control characters in it");
  deploy({.id = 2, .environment = "\\u001b[2J"});
  CHECK(github.wait_for(2, "error").description.contains("the environment of the deployment"));
  deploy({.id = 3, .sha = "main"});
  CHECK(github.wait_for(3, "error").description.contains("the sha of the deployment"));
  CHECK(ran().empty());
  pass_through();
}

TEST_CASE_FIXTURE(Fixture, "Runner: a payload is as deep as it likes, here and in the list") {
  const std::string deep = std::string(500, '[') + std::string(500, ']');
  use("cp $ESCLUSA_PAYLOAD_FILE " + (folder / "ran").string());
  make_runner();
  github.add(9, {.sha = sha, .payload = deep});
  start();
  deploy({.id = 3, .payload = deep});
  github.wait_for(3, "success");
  CHECK(ran() == deep);
}

TEST_CASE_FIXTURE(Fixture, "Runner: a superseded one does not run, and its history says why") {
  github.add(5, {sha, "staging", "deploy", {{"in_progress", "", "", ""}}});
  github.add(6, {sha, "production", "deploy", {{"success", "", "", ""}}});
  github.add(7, {sha, "staging", "other", {{"success", "", "", ""}}});
  github.add(8, {sha, "staging", "deploy", {{"failure", "", "", ""}}});
  start();
  deploy({.id = 4});
  CHECK(github.wait_for(4, "inactive").description == "Superseded by deployment 5");
  CHECK(ran().empty());
  deploy({.id = 9, .environment = "qa"});
  github.wait_for(9, "success");
  CHECK(ran() == "ran\n");
  stop->request();
  runner->wait_idle(1h);
  CHECK(work->queued()->empty());
}

TEST_CASE_FIXTURE(Fixture, "Runner: newer ones that failed or belong elsewhere supersede nothing") {
  github.add(6, {sha, "production", "deploy", {{"success", "", "", ""}}});
  github.add(7, {sha, "staging", "other", {{"success", "", "", ""}}});
  github.add(8, {sha, "staging", "deploy", {{"failure", "", "", ""}}});
  github.add(9, {sha});
  start();
  deploy({.id = 4});
  github.wait_for(4, "success");
}

TEST_CASE_FIXTURE(Fixture, "Runner: while the server is away, nothing is lost and nothing runs") {
  github.set_down(true);
  start();
  deploy({.id = 1});
  deploy({.id = 2});
  github.wait_for_requests(5);
  CHECK(ran().empty());
  CHECK(work->queued()->size() == 2);
  github.set_down(false);
  github.wait_for(1, "success");
  github.wait_for(2, "success");
  CHECK(ran() == "ran\nran\n");
}

TEST_CASE_FIXTURE(Fixture, "Runner: an outcome that cannot be reported is reported later, once") {
  const fs::path fifo = folder / "fifo";
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  use("echo ran >>" + (folder / "ran").string() + "; read x <" + fifo.string());
  start();
  deploy({.id = 1});
  github.wait_for(1, "in_progress");
  github.set_down(true);
  std::ofstream(fifo) << "go\n";
  github.wait_for_requests(github.request_count() + 3);
  CHECK(github.states(1) == "in_progress");

  // Another agent takes it up.
  stop->request();
  CHECK(runner->wait_idle(1h));
  runner.reset();
  github.set_down(false);
  make_runner();
  start();
  github.wait_for(1, "success");
  CHECK(github.states(1) == "in_progress success");
  CHECK(ran() == "ran\n");
}

TEST_CASE_FIXTURE(Fixture, "Runner: an outcome whose answer is lost is reported once") {
  const fs::path fifo = folder / "fifo";
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  use("read x <" + fifo.string());
  for (const auto mode : {Mode::webhook, Mode::pull}) {
    config.mode = mode;
    make_runner();
    start();
    const int64_t id = mode == Mode::pull ? 3 : 1;  // a newer one would supersede it
    deploy({.id = id});
    github.wait_for(id, "in_progress");
    github.lose_answers(true);
    std::ofstream(fifo) << "go\n";
    github.wait_for(id, "success");
    github.lose_answers(false);
    deploy({.id = id + 1});  // in the same lane, behind the report
    github.wait_for(id + 1, "in_progress");
    std::ofstream(fifo) << "go\n";
    github.wait_for(id + 1, "success");
    CHECK(github.states(id) == "in_progress success");
    stop->request();
    CHECK(runner->wait_idle(1h));
    runner.reset();
  }
}

TEST_CASE_FIXTURE(Fixture, "Runner: a killed agent's outcome that the server has is not reported") {
  for (const std::string& state : {std::string("success"), std::string("inactive")}) {
    const int64_t id = state == "success" ? 1 : 2;
    RunFolder run = begun(id);
    const std::string url = "http://former:1/logs/" + run.record.log_key;
    github.add(id,
               {sha, "staging", "deploy", {{"in_progress", "", url, ""}, {state, "", url, ""}}});
  }
  RunFolder lost = begun(3);
  REQUIRE(write_durably(lost.path / "run.json", "{"));
  github.add(3, {sha, "staging", "deploy", {{"failure", "", "http://former:1/logs/x", ""}}});
  start();
  github.wait_for(2, "error");
  pass_through();
  CHECK(github.states(1) == "in_progress success");
  CHECK(github.states(3) == "failure");
}

TEST_CASE_FIXTURE(Fixture, "Runner: while statuses cannot be read, no outcome is reported twice") {
  const RunFolder run = begun(1);
  const std::string url = "http://former:1/logs/" + run.record.log_key;
  github.add(1,
             {sha, "staging", "deploy", {{"in_progress", "", url, ""}, {"success", "", url, ""}}});
  github.hide_statuses(true);
  start();
  github.wait_for_requests(2);
  github.hide_statuses(false);
  pass_through();
  CHECK(github.states(1) == "in_progress success");
}

TEST_CASE_FIXTURE(Fixture, "Runner: a fault of this machine is an error, and the next goes on") {
  SUBCASE("the outcome cannot be written down") {
    use(spoil_record());
    start();
    deploy({.id = 1});
    CHECK(github.wait_for(1, "error").description ==
          "The command succeeded, but the agent could not write that down");
    use("true");
    pass_through();
    CHECK(github.states(1) == "in_progress error");
  }
  SUBCASE("the log cannot be read, in pull mode") {
    config.mode = Mode::pull;
    use("cd \"$(dirname \"$ESCLUSA_EVENT_FILE\")\" && rm log && mkdir log");
    make_runner();
    start();
    deploy({.id = 1});
    github.wait_for(1, "success");
    use("true");
    pass_through();
  }
  SUBCASE("the run cannot be begun") {
    fs::remove(folder / "work/runs");
    folder.write("work/runs", "");
    const std::string log = test::captured_log([&] {
      deploy({.id = 1});
      runner->start();
      CHECK(github.wait_for(1, "error").description.contains("cannot write to its disk"));
    });
    CHECK(log.contains("the run cannot be begun"));
    CHECK(log.contains("work/runs"));
    fs::remove(folder / "work/runs");
    pass_through();
    CHECK(github.states(1) == "error");
  }
  SUBCASE("the repository cannot be fetched, for a long reason") {
    stop->request();
    CHECK(runner->wait_idle(1h));
    runner.reset();
    const std::string name(200, 'w');
    work.emplace(WorkFolder::open(folder / name).value());
    folder.write(name + "/git/demo", "no folder");
    make_runner();
    start();
    deploy({.id = 1});
    const std::string description = github.wait_for(1, "error").description;
    CHECK(description.starts_with("cannot "));
    CHECK(description.size() == limits::status_description_chars);
  }
  SUBCASE("the event and the record of a run cannot be read") {
    github.add(1, {sha});
    github.add(2, {sha});
    folder.write("work/queue/demo%2Fshop-1.json", "");
    RunFolder run = begun(2);
    REQUIRE(write_durably(run.path / "run.json", "{"));
    start();
    CHECK(github.wait_for(1, "error").description.contains("cannot read the event"));
    CHECK(github.wait_for(2, "error").description.contains("record of the run cannot be read"));
    CHECK(ran().empty());
    pass_through();
  }
}

TEST_CASE_FIXTURE(Fixture, "Runner: a run that was cut off is reported, and not run again") {
  auto made = event({.id = 3});
  github.add(3, {sha});
  REQUIRE(work->enqueue(made));
  const RunFolder run = begun(3);
  for (const fs::path& left : {run.source(), run.transfer()}) fs::create_directories(left / "x");
  start();
  CHECK(github.wait_for(3, "error").description ==
        "The agent stopped during the run; it is not run again");
  CHECK(work->enqueue(made) == Enqueued::already_known);
  CHECK(ran().empty());
  for (const fs::path& left : {run.source(), run.transfer()}) CHECK_FALSE(fs::exists(left));
}

TEST_CASE_FIXTURE(Fixture, "Runner: a stop ends the command, and reports it") {
  use("echo ran >>" + (folder / "ran").string() + "; sleep 1000");
  start();
  deploy({.id = 1});
  deploy({.id = 2});
  github.wait_for(1, "in_progress");
  stop->request();
  CHECK(runner->wait_idle(1h));
  CHECK(github.states(1) == "in_progress error");
  CHECK(github.statuses(1)[1].description == "The agent was stopped");
  CHECK(github.states(2).empty());
  CHECK(work->queued()->size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "Runner: hostile names are data") {
  start();
  int64_t id = 100;
  for (const char* text :
       {"$(touch x)", "`touch x`", "--upload-pack=touch x", "../../x", "a;touch x", "|touch x"}) {
    const std::string name(text);
    CAPTURE(name);
    deploy({.id = ++id, .environment = name, .task = name, .ref = name});
    github.wait_for(id, "success");
  }
  size_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
    CHECK(entry.path().filename() != "x");
    ++count;
  }
  CHECK(count > 0);
  CHECK(ran() == "ran\nran\nran\nran\nran\nran\n");
}

}  // namespace
}  // namespace esclusa::agent
