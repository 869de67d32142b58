#include "agent/work_folder.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "agent/files.h"
#include "support/fake_github.h"
#include "support/temp_folder.h"

namespace esclusa::agent {
namespace {
namespace fs = std::filesystem;

DeploymentEvent event_of(const testing::EventFields& fields = {}) {
  return parse_deployment_event(testing::event_body(fields)).value();
}

RunRecord record_of(const DeploymentEvent& event) {
  return {.repository = event.repository, .deployment = event.id, .environment = event.environment};
}

/// All files below a folder, but the lock.
std::vector<std::string> files_in(const fs::path& folder) {
  std::vector<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_directory() && entry.path().filename() != "lock") {
      found.push_back(entry.path().lexically_relative(folder).string());
    }
  }
  return found;
}

TEST_CASE("enqueue: an event is recorded once, also by another agent after this one") {
  test::TempFolder folder;
  {
    auto work = WorkFolder::open(folder / "work").value();
    CHECK(work.enqueue(event_of()) == Enqueued::added);
    CHECK(work.enqueue(event_of()) == Enqueued::already_known);
    CHECK(work.enqueue(event_of({.repository = "Demo/SHOP"})) == Enqueued::already_known);
    CHECK(work.enqueue(event_of({.id = 2})) == Enqueued::added);
  }
  auto work = WorkFolder::open(folder / "work").value();
  CHECK(work.enqueue(event_of()) == Enqueued::already_known);
  auto queued = work.queued().value();
  CHECK(queued.size() == 2);
  CHECK(queued[0].body == testing::event_body({.id = queued[0].id}));
}

TEST_CASE("dequeue_unless_told_again: an event that came again stays once") {
  test::TempFolder folder;
  auto work = WorkFolder::open(folder / "work").value();
  CHECK(work.enqueue(event_of()) == Enqueued::added);
  CHECK(work.enqueue(event_of({.repository = "Demo/SHOP"})) == Enqueued::already_known);
  CHECK(work.dequeue_unless_told_again(event_of()) == false);
  CHECK(work.queued()->size() == 1);
  CHECK(work.dequeue_unless_told_again(event_of()) == true);
  CHECK(work.queued()->empty());
  CHECK(work.enqueue(event_of()) == Enqueued::added);
  CHECK(work.enqueue(event_of()) == Enqueued::already_known);
  CHECK(work.dequeue(event_of()));
  CHECK(work.enqueue(event_of()) == Enqueued::added);
  CHECK(work.dequeue_unless_told_again(event_of()) == true);
}

TEST_CASE("begin_run: of many at once, one begins; the queue and later events know it") {
  test::TempFolder folder;
  auto work = WorkFolder::open(folder / "work").value();
  const auto event = event_of();
  const auto deployment = testing::deployment_of({.payload = R"({"a":"\u00e9"})"});
  CHECK(work.enqueue(event) == Enqueued::added);
  std::atomic<int> begun = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int j = 0; j < 10; ++j) {
          auto run = work.begin_run(event, deployment, record_of(event));
          if (run && *run) ++begun;
        }
      });
    }
  }
  CHECK(begun == 1);
  CHECK(work.queued()->empty());
  CHECK(work.enqueue(event) == Enqueued::already_known);
  auto runs = work.unreported_runs().value();
  REQUIRE(runs.size() == 1);
  CHECK(runs[0].path == folder / "work/runs/demo/shop/1");
  CHECK(runs[0].record.step == RunStep::begun);
  CHECK(test::read_file(runs[0].event_file()) == with_deployment(event, deployment));
  CHECK(test::read_file(runs[0].payload_file()) == R"({"a":"\u00e9"})");
  CHECK(files_in(folder / "work/logs").size() == 1);
}

TEST_CASE("begin_run: a crash before the event left the queue is no second run") {
  test::TempFolder folder;
  auto work = WorkFolder::open(folder / "work").value();
  const auto event = event_of();
  REQUIRE(work.begin_run(event, testing::deployment_of({}), record_of(event)).value());
  folder.write("work/queue/demo%2Fshop-1.json", event.body);
  CHECK(work.queued()->empty());
  CHECK(files_in(folder / "work/queue").empty());
  CHECK(!work.begin_run(event, testing::deployment_of({}), record_of(event)).value());
}

TEST_CASE("RunFolder: the record survives") {
  test::TempFolder folder;
  auto work = WorkFolder::open(folder / "work").value();
  const auto event = event_of({.environment = "$(id) \\\" ü"});
  RunFolder run =
      work.begin_run(event, testing::deployment_of({}), record_of(event)).value().value();
  run.record.step = RunStep::ended;
  run.record.outcome = {"failure", "The command exited with 3"};
  CHECK(run.save());
  auto loaded = work.unreported_runs().value().at(0);
  CHECK(loaded.record.environment == "$(id) \" ü");
  CHECK(loaded.record.repository == "demo/shop");
  CHECK(loaded.record.deployment == 1);
  CHECK(loaded.record.log_key == run.record.log_key);
  CHECK(loaded.record.outcome.state == "failure");
  CHECK(loaded.record.outcome.description == "The command exited with 3");
  loaded.record.step = RunStep::reported;
  CHECK(loaded.save());
  CHECK(work.unreported_runs()->empty());
}

TEST_CASE("WorkFolder: one agent at a time; what a crash left unfinished is removed") {
  test::TempFolder folder;
  folder.write("work/runs/.new-x/run.json", "{");
  folder.write("work/queue/.x.tmp", "{");
  folder.write("work/queue/demo%2Fshop-9.json", "broken");
  auto work = WorkFolder::open(folder / "work");
  REQUIRE(work);
  auto second = WorkFolder::open(folder / "work");
  REQUIRE(!second);
  CHECK(second.error().message.contains("another agent uses"));
  CHECK(files_in(folder / "work") == std::vector<std::string>{"queue/demo%2Fshop-9.json"});
}

TEST_CASE("queued: an event that cannot be read is known by the name of its file") {
  test::TempFolder folder;
  folder.write("work/queue/demo%2Fshop.js-9.json", "broken");
  fs::create_directories(folder / "work/queue/demo%2Fbank-10.json");
  folder.write("work/queue/notes.txt", "somebody's");
  auto work = WorkFolder::open(folder / "work").value();
  auto queued = work.queued().value();
  std::ranges::sort(queued, {}, &DeploymentEvent::id);
  REQUIRE(queued.size() == 2);
  CHECK(queued[0].repository == "demo/shop.js");
  CHECK(queued[0].id == 9);
  CHECK(!queued[0].fault.empty());
  CHECK(queued[1].repository == "demo/bank");
  CHECK(queued[1].id == 10);
}

TEST_CASE("unreported_runs: a run whose record cannot be read is known by its folder") {
  test::TempFolder folder;
  auto work = WorkFolder::open(folder / "work").value();
  folder.write("work/runs/demo/%2Egithub/7/run.json", "{");
  fs::create_directories(folder / "work/runs/demo/shop/8");
  fs::create_directories(folder / "work/runs/demo/shop/notes");
  auto runs = work.unreported_runs().value();
  std::ranges::sort(runs, {}, [](const RunFolder& run) { return run.record.deployment; });
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].record.repository == "demo/.github");
  CHECK(runs[0].record.deployment == 7);
  CHECK(runs[0].record.step == RunStep::begun);
  CHECK(!runs[0].record.fault.empty());
  CHECK(runs[1].record.repository == "demo/shop");
}

TEST_CASE("begin_run: a run that cannot be written down is none, and leaves nothing") {
  test::TempFolder folder;
  auto work = WorkFolder::open(folder / "work").value();
  const auto event = event_of();
  CHECK(work.enqueue(event) == Enqueued::added);
  folder.write("work/runs/demo", "a file where a folder is needed");
  CHECK(!work.begin_run(event, testing::deployment_of({}), record_of(event)));
  fs::remove(folder / "work/runs/demo");
  CHECK(files_in(folder / "work/runs").empty());
  CHECK(work.queued()->size() == 1);
  CHECK(work.begin_run(event, testing::deployment_of({}), record_of(event)).value());
}

TEST_CASE("repository_folder: whatever the name, two folders below") {
  CHECK(repository_folder("Demo/Shop.js") == "demo/shop.js");
  for (const char* name : {"../..", "../../etc/passwd", "./.", "a/..", "/", "", "a", "/etc/passwd",
                           "a/b/../../../c", "a/.git", "$(id)/`id`", "--upload-pack=x/--help"}) {
    CAPTURE(name);
    const fs::path folder = repository_folder(name);
    CHECK(std::distance(folder.begin(), folder.end()) == 2);
    CHECK(folder.is_relative());
    for (const auto& part : folder) CHECK(!part.string().starts_with('.'));
    CHECK((fs::path("/work") / folder).lexically_normal() == fs::path("/work") / folder);
  }
}

TEST_CASE("enqueue, begin_run: hostile names stay inside the work folder") {
  test::TempFolder folder;
  auto work = WorkFolder::open(folder / "work").value();
  for (const char* name : {"../../x", "../..", "$(touch x)", "a/b/../../../../x", "-rf/--help"}) {
    CAPTURE(name);
    const auto event = event_of({.repository = name,
                                 .environment = "../../x",
                                 .task = "`touch x`",
                                 .ref = "--upload-pack=touch x"});
    CHECK(work.enqueue(event) == Enqueued::added);
    CHECK(work.begin_run(event, testing::deployment_of({}), record_of(event)).value());
    CHECK(fs::weakly_canonical(work.mirror_of(name))
              .string()
              .starts_with((folder / "work/git").string() + "/"));
  }
  size_t count = 0;
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    CHECK(entry.path() == folder / "work");
    ++count;
  }
  CHECK(count == 1);
}

TEST_CASE("undo_run: the deployment is in the queue again, and may have another run") {
  test::TempFolder folder;
  auto work = WorkFolder::open(folder / "work").value();
  const auto event = event_of();
  CHECK(work.enqueue(event) == Enqueued::added);
  auto record = record_of(event);
  record.fence = 17;
  const RunFolder run = work.begin_run(event, testing::deployment_of({}), record).value().value();
  CHECK(RunFolder::load(run.path)->record.fence == 17);
  CHECK(work.queued()->empty());
  REQUIRE(work.undo_run(run, event));
  CHECK(!fs::exists(run.path));
  CHECK(!work.find_log(run.record.log_key));
  CHECK(work.unreported_runs()->empty());
  REQUIRE(work.queued()->size() == 1);
  CHECK(work.queued()->at(0).body == event.body);
  CHECK(work.enqueue(event) == Enqueued::already_known);
  CHECK(work.begin_run(event, testing::deployment_of({}), record_of(event)).value());
}

TEST_CASE("find_log: 32 lower-case hex digits of ours, and nothing else") {
  test::TempFolder folder;
  auto work = WorkFolder::open(folder / "work").value();
  const auto event = event_of();
  RunFolder run =
      work.begin_run(event, testing::deployment_of({}), record_of(event)).value().value();
  CHECK(run.record.log_key.size() == 32);
  CHECK(write_durably(run.log(), "printed\n"));
  auto log = work.find_log(run.record.log_key);
  REQUIRE(log);
  CHECK(test::read_file(*log) == "printed\n");
  for (const std::string& key :
       {std::string(32, 'a'), std::string(), std::string("../runs/demo/shop/1/log"),
        run.record.log_key + "/", run.record.log_key.substr(1), std::string(32, '.'),
        "/" + run.record.log_key, std::string("%2e%2e%2f..........................")}) {
    CAPTURE(key);
    CHECK(!work.find_log(key));
  }
}

TEST_CASE("WorkFolder: nobody else may look into it") {
  test::TempFolder folder;
  auto work = WorkFolder::open(folder / "work").value();
  CHECK(work.enqueue(event_of()) == Enqueued::added);
  struct stat info{};
  CHECK(stat((folder / "work").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0700);
  CHECK(stat((folder / "work/queue/demo%2Fshop-1.json").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
}

}  // namespace
}  // namespace esclusa::agent
