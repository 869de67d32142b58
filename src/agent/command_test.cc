#include "agent/command.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <thread>

#include "support/fake_github.h"
#include "support/temp_folder.h"

namespace esclusa::agent {
namespace {
namespace fs = std::filesystem;

struct Fixture {
  test::TempFolder folder;
  std::atomic<bool> cancel = false;
  testing::EventFields fields;
  Rule rule{.repository = "demo/shop", .time_limit_text = "5m"};
  RunFolder run;

  Fixture() {
    rule.time_limit = std::chrono::minutes(5);
    run.path = folder.path();
    run.record.repository = "demo/shop";
    fs::create_directory(run.source());
  }
  Outcome execute(std::vector<std::string> command) {
    rule.command = std::move(command);
    const auto deployment = testing::deployment_of(fields);
    auto log = RunLog::open(run.log()).value();
    return run_command(rule, deployment, run, log, cancel);
  }
  Outcome shell(const std::string& script) { return execute({"sh", "-c", script}); }
  std::string printed() const { return test::read_file(run.log()); }
};

TEST_CASE_FIXTURE(Fixture, "run_command: the exit code decides, and the log has what was printed") {
  Outcome outcome = shell("echo out; echo err >&2");
  CHECK(outcome.state == "success");
  CHECK(printed() == "out\nerr\n");
  outcome = shell("exit 3");
  CHECK(outcome.state == "failure");
  CHECK(outcome.description == "The command exited with 3");
}

TEST_CASE_FIXTURE(Fixture, "run_command: signals and commands that do not start are errors") {
  Outcome outcome = shell("kill -SEGV $$");
  CHECK(outcome.state == "error");
  CHECK(outcome.description == "The command was ended by the signal SEGV");
  outcome = execute({"./missing.sh"});
  CHECK(outcome.state == "error");
  CHECK(outcome.description.contains("could not be started"));
  CHECK(printed().contains("missing.sh"));
}

TEST_CASE_FIXTURE(Fixture, "run_command: over the time limit it is ended, and failed") {
  rule.time_limit = std::chrono::seconds(1);
  rule.time_limit_text = "1s";
  const Outcome outcome = shell("sleep 1000 & sleep 1000");
  CHECK(outcome.state == "failure");
  CHECK(outcome.description == "The command was ended after its time limit of 1s");
}

TEST_CASE_FIXTURE(Fixture, "run_command: ends with the agent") {
  cancel = true;
  const Outcome outcome = shell("sleep 1000");
  CHECK(outcome.state == "error");
  CHECK(outcome.description == "The agent was stopped");
}

TEST_CASE_FIXTURE(Fixture, "run_command: a relative command is the checkout's") {
  folder.write("source/deploy.sh", "#!/bin/sh\necho \"$# $1\"; pwd\n");
  fs::permissions(run.source() / "deploy.sh", fs::perms::owner_all);
  CHECK(execute({"./deploy.sh", "two words; $(id)"}).state == "success");
  CHECK(printed() == "1 two words; $(id)\n" + run.source().string() + "\n");
}

TEST_CASE_FIXTURE(Fixture, "deployment_variables: what the deployment repeats") {
  client::Deployment back;
  back.repeats = core::Repeats{core::DeploymentKind::rollback, {4}};
  const auto variables = deployment_variables(back, run);
  const auto has = [&](const char* name, const char* value) {
    return std::ranges::find(variables, std::pair<std::string, std::string>(name, value)) !=
           variables.end();
  };
  CHECK(has("ESCLUSA_KIND", "rollback"));
  CHECK(has("ESCLUSA_ORIGIN", "4"));
}

TEST_CASE_FIXTURE(Fixture, "run_command: the deployment is in variables, and no more is there") {
  setenv("AGENT_TEST_SECRET", "hidden", 1);
  fields.ref = "--upload-pack=touch x";
  fields.environment = "$(touch x)";
  fields.task = "`touch x`;touch x";
  CHECK(execute({"env"}).state == "success");
  const std::string text = printed();
  const auto lines = split(text, '\n');
  auto has = [&](std::string_view line) { return std::ranges::find(lines, line) != lines.end(); };
  CHECK(has("ESCLUSA_REPOSITORY=demo/shop"));
  CHECK(has("ESCLUSA_DEPLOYMENT_ID=1"));
  CHECK(has("ESCLUSA_ENVIRONMENT=$(touch x)"));
  CHECK(has("ESCLUSA_TASK=`touch x`;touch x"));
  CHECK(has("ESCLUSA_REF=--upload-pack=touch x"));
  CHECK(has("ESCLUSA_SHA=" + std::string(40, 'a')));
  CHECK(has("ESCLUSA_KIND=deploy"));
  CHECK(has("ESCLUSA_ORIGIN="));
  CHECK(has("ESCLUSA_PAYLOAD_FILE=" + run.payload_file().string()));
  CHECK(has("ESCLUSA_EVENT_FILE=" + run.event_file().string()));
  CHECK(!text.contains("AGENT_TEST_SECRET"));
  CHECK(!fs::exists(run.source() / "x"));
}

}  // namespace
}  // namespace esclusa::agent
