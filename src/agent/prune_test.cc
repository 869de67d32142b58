#include "agent/prune.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <memory>

#include "support/fake_github.h"
#include "support/temp_folder.h"

namespace esclusa::agent {
namespace {
namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr Keep keep_two{.runs = std::chrono::days(90), .last_runs = 2};

DeploymentEvent event_of(int64_t id, const std::string& environment = "production") {
  return parse_deployment_event(testing::event_body({.id = id, .environment = environment}))
      .value();
}

void age(const fs::path& path, std::chrono::hours hours) {
  fs::last_write_time(path, fs::file_time_type::clock::now() - hours);
}

/// A work folder with runs of demo/shop.
struct Fixture {
  test::TempFolder folder;
  fs::path path = folder / "work";
  std::unique_ptr<WorkFolder> work = std::make_unique<WorkFolder>(WorkFolder::open(path).value());
  std::atomic<bool> never = false;
  Checkout checkout{path, never};

  RunFolder run(int64_t id, RunStep step = RunStep::reported, std::chrono::hours old = 24h * 100,
                const std::string& environment = "production") {
    const auto event = event_of(id, environment);
    auto run = work->begin_run(event, testing::deployment_of({.id = id}),
                               {.repository = event.repository,
                                .deployment = event.id,
                                .environment = environment})
                   .value()
                   .value();
    run.record.step = step;
    run.record.outcome = {"success", "Done"};
    REQUIRE(run.save());
    age(run.path / "run.json", old);
    return run;
  }
  void restart() {
    work.reset();
    work = std::make_unique<WorkFolder>(WorkFolder::open(path).value());
  }
  std::vector<std::string> removable(const Keep& keep = keep_two) {
    std::vector<std::string> names;
    const auto found = list_removable(path, keep, system_now()).value();
    for (const auto& one : found) {
      names.push_back(one.path.lexically_relative(path).string());
    }
    std::ranges::sort(names);
    return names;
  }
  /// What was removed.
  size_t prune(const Keep& keep = keep_two) {
    size_t count = 0;
    const auto found = list_removable(path, keep, system_now()).value();
    for (const auto& one : found) {
      count += remove_one(*work, checkout, one, keep, system_now()).value() ? 1 : 0;
    }
    return count;
  }
};

TEST_CASE("prune: old runs go, except the last ones of each environment and what is not reported") {
  Fixture files;
  for (int64_t id = 1; id <= 5; ++id) files.run(id);
  files.run(6, RunStep::reported, 24h * 89);
  files.run(7, RunStep::reported, 24h * 100, "staging");
  files.run(8, RunStep::reported, 24h * 100, "Staging");
  files.run(9, RunStep::reported, 24h * 100, "staging");
  CHECK(files.removable() == std::vector<std::string>{"runs/demo/shop/1", "runs/demo/shop/2",
                                                      "runs/demo/shop/3", "runs/demo/shop/4",
                                                      "runs/demo/shop/7"});
  CHECK(files.removable({.runs = std::nullopt, .last_runs = 2}).empty());
  CHECK(files.removable({.runs = 24h, .last_runs = 9}).empty());
}

TEST_CASE("prune: what is not reported, or cannot be read, stays") {
  Fixture files;
  files.run(1, RunStep::ended);
  files.run(2, RunStep::begun);
  const auto damaged = files.run(3);
  files.folder.write("work/runs/demo/shop/3/run.json", "broken");
  age(damaged.path / "run.json", 24h * 100);
  files.run(4);
  files.run(5);
  files.run(6);
  CHECK(files.removable() == std::vector<std::string>{"runs/demo/shop/4"});
}

TEST_CASE("prune: a run whose event is in the queue stays") {
  Fixture files;
  files.run(1);
  files.run(2);
  files.run(3);
  // A crash came between the two steps of begin_run.
  const auto event = event_of(1);
  files.folder.write("work/queue/demo%2Fshop-1.json", event.body);
  CHECK(files.removable().size() == 1);
  CHECK(files.prune() == 0);
  CHECK(files.work->queued()->empty());
  CHECK(files.prune() == 1);
}

TEST_CASE("prune: a deployment whose run was removed is not run again") {
  Fixture files;
  const auto old = files.run(1);
  files.run(2);
  files.run(3);
  REQUIRE(files.work->find_log(old.record.log_key));
  CHECK(files.prune() == 1);
  CHECK(fs::is_regular_file(old.path));
  CHECK(fs::file_size(old.path) == 0);
  CHECK(!files.work->find_log(old.record.log_key));
  CHECK(fs::is_empty(files.path / "queue"));
  CHECK(std::ranges::distance(fs::directory_iterator(files.path / "logs")) == 2);
  const auto event = event_of(1);
  for (int start = 0; start < 2; ++start) {
    CHECK(files.work->enqueue(event) == Enqueued::already_known);
    CHECK(!files.work->begin_run(event, testing::deployment_of({.id = 1}), {}).value());
    CHECK(files.work->unreported_runs()->empty());
    CHECK(files.removable().empty());
    files.restart();
  }
}

TEST_CASE("prune: what is left of a checkout goes once it is old") {
  Fixture files;
  const auto run = files.run(1);
  files.folder.write("work/runs/demo/shop/1/source/README", "text");
  CHECK(files.removable().empty());
  age(run.source(), 24h * 31);
  CHECK(files.removable() == std::vector<std::string>{"runs/demo/shop/1/source"});
  CHECK(files.prune() == 1);
  CHECK(!fs::exists(run.source()));
  CHECK(fs::exists(run.log()));
}

TEST_CASE(
    "prune: a copy of a repository goes when no run has used it for long, and none is running") {
  Fixture files;
  const fs::path copy = files.path / "git/demo/shop.git";
  files.folder.write("work/git/demo/shop.git/HEAD", "ref: refs/heads/main\n");
  files.folder.write("work/git/.submodules/abc.git/HEAD", "ref: refs/heads/main\n");
  files.folder.write("work/git/demo/.shop.git.removed/HEAD", "rest");
  CHECK(files.removable() == std::vector<std::string>{"git/demo/.shop.git.removed"});
  age(copy, 24h * 31);
  age(files.path / "git/.submodules/abc.git", 24h * 31);
  CHECK(files.removable().size() == 3);
  auto running = files.run(1, RunStep::begun);
  CHECK(files.removable().empty());
  const Removable one{.kind = Removable::Kind::copy, .path = copy, .what = ""};
  CHECK(remove_one(*files.work, files.checkout, one, keep_two, system_now()) == false);
  running.record.step = RunStep::reported;
  REQUIRE(running.save());
  CHECK(files.prune() == 3);
  CHECK(fs::is_empty(files.path / "git/demo"));
}

TEST_CASE("prune: what a crash has left of a removed run goes at the next start") {
  test::TempFolder folder;
  folder.write("work/runs/.removed-x/run.json", "{}");
  folder.write("work/runs/.removed-x/log", "text");
  const auto work = WorkFolder::open(folder / "work");
  REQUIRE(work);
  CHECK(fs::is_empty(folder / "work/runs"));
}

}  // namespace
}  // namespace esclusa::agent
