#pragma once
#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>

#include "agent/runner.h"
#include "support/fake_github.h"
#include "support/git_fixture.h"

namespace esclusa::agent::testing {

/// An agent without its HTTP side, a real repository, and a server that is played.
struct RunnerFixture {
  FakeGithub github;
  test::GitFixture repository;
  std::string sha = repository.commit("main", "page", "one");
  test::TempFolder folder;
  Config config;
  std::optional<StopFlag> stop;
  std::optional<WorkFolder> work;
  std::optional<Runner> runner;

  RunnerFixture() {
    config.server = github.url;
    config.rules = {{.repository = "demo/shop",
                     .git = repository.path().string(),
                     .environment = "*",
                     .task = "*",
                     .time_limit_text = "5m",
                     .environment_url = "https://staging.example"}};
    config.rules[0].time_limit = std::chrono::minutes(5);
    work.emplace(WorkFolder::open(folder / "work").value());
    use("echo ran >>" + (folder / "ran").string());
    make_runner();
  }
  ~RunnerFixture() {
    stop->request();
    if (runner) runner->wait_idle(std::chrono::hours(1));
  }
  /// The command of the deployments that begin from now on.
  void use(const std::string& script) {
    Config next = newer_config_.value_or(config);
    next.rules[0].command = {"sh", "-c", script};
    if (!is_started_) {
      config = next;
      return;
    }
    // Threads read `config`.
    newer_config_ = next;
    REQUIRE(runner->use(std::make_shared<const Config>(next)));
  }
  void make_runner() {
    if (newer_config_) config = *std::exchange(newer_config_, {});
    is_started_ = false;
    stop.emplace();
    runner.emplace(config, *work, *stop, "http://agent", backoff());
  }
  static Scheduler::Backoff backoff() {
    return {std::chrono::milliseconds(1), std::chrono::milliseconds(2)};
  }
  DeploymentEvent event(EventFields fields) {
    if (fields.sha == std::string(40, 'a')) fields.sha = sha;
    return parse_deployment_event(event_body(fields)).value();
  }
  void deploy(const EventFields& fields = {}) {
    auto made = event(fields);
    github.add(made.id, {.sha = made.sha,
                         .environment = made.environment,
                         .task = made.task,
                         .ref = made.ref,
                         .payload = fields.payload});
    REQUIRE(work->enqueue(made) == Enqueued::added);
    runner->add(made);
  }
  void start() {
    REQUIRE(runner->recover());
    is_started_ = true;
    runner->start();
  }
  /// Runs one more deployment to its end, in the same lane, behind all the others.
  void pass_through() {
    deploy({.id = 1000});
    github.wait_for(1000, "success");
  }
  /// A run that an earlier agent has begun.
  RunFolder begun(int64_t id) {
    return work
        ->begin_run(event({.id = id}), deployment_of({.id = id, .sha = sha}),
                    {.repository = "demo/shop", .deployment = id, .environment = "staging"})
        .value()
        .value();
  }
  /// A line of a command that makes it impossible to write the run's record.
  static std::string spoil_record() {
    return "cd \"$(dirname \"$ESCLUSA_EVENT_FILE\")\" && rm run.json && mkdir run.json";
  }
  std::string ran() const { return test::read_file(folder / "ran"); }

 private:
  bool is_started_ = false;
  std::optional<Config> newer_config_;  ///< what a started runner uses instead of `config`
};

}  // namespace esclusa::agent::testing
