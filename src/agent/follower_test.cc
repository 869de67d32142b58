#include "agent/follower.h"

#include <doctest/doctest.h>

#include <thread>

#include "agent/files.h"
#include "support/captured_log.h"
#include "support/fake_github.h"
#include "support/temp_folder.h"

namespace esclusa::agent {
namespace {
using namespace std::chrono_literals;

/// An agent that follows the feed of a server that is played, and what it took in.
struct Fixture {
  testing::FakeGithub github;
  test::TempFolder folder;
  Config config;
  std::optional<WorkFolder> work;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<int64_t> accepted;
  std::optional<Intake> intake;
  std::optional<StopFlag> stop;
  std::optional<Follower> follower;
  std::jthread thread;

  Fixture() {
    config.mode = Mode::pull;
    config.server = github.url;
    config.token = Secret("t");
    config.rules = {{.repository = "demo/shop", .environment = "staging", .command = {"true"}}};
    work.emplace(WorkFolder::open(folder / "work").value());
    intake.emplace(config, *work, [this](const DeploymentEvent& event) {
      std::lock_guard lock(mutex);
      accepted.push_back(event.id);
      changed.notify_all();
    });
  }
  ~Fixture() { end(); }
  void begin(Scheduler::Backoff pauses = {1ms, 2ms}) {
    stop.emplace();
    follower.emplace(config, *intake, work->path(), *stop, pauses);
    thread = std::jthread([this] {
      follower->begin();
      follower->run();
    });
  }
  void end() {
    if (stop) stop->request();
    if (thread.joinable()) thread.join();
  }
  void publish(int64_t deployment, const std::string& kind = "deployment",
               const std::string& environment = "staging") {
    github.publish(kind, testing::event_body({.id = deployment, .environment = environment}));
  }
  void wait_for(const std::vector<int64_t>& ids) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return accepted == ids; });
  }
  std::string place() const { return read_file(folder / "work/feed.json").value_or(""); }
  void wait_for_place(int64_t after) {
    while (!place().contains("\"after\":" + std::to_string(after) + "}")) {
      std::this_thread::sleep_for(1ms);
    }
  }
};

TEST_CASE_FIXTURE(Fixture, "Follower: begins at the end of the feed, and takes what follows") {
  publish(1);
  begin();
  wait_for_place(1);
  publish(2);
  publish(3);
  wait_for({2, 3});
  CHECK(work->queued()->size() == 2);
}

TEST_CASE_FIXTURE(Fixture, "Follower: what happened while the agent was off is taken afterwards") {
  begin();
  wait_for_place(0);
  end();
  publish(1);
  publish(2);
  begin();
  wait_for({1, 2});
}

TEST_CASE_FIXTURE(Fixture,
                  "Follower: only deployments that an entry is for; others are passed over") {
  begin();
  wait_for_place(0);
  publish(1, "deployment_status");
  publish(2, "deployment", "production");
  github.publish("deployment", R"({"action":"created","deployment":{"id":"no number"}})");
  github.publish("deployment", "[" + std::string(100, '[') + std::string(100, ']') + "]");
  publish(5);
  wait_for({5});
  wait_for_place(5);
}

TEST_CASE_FIXTURE(Fixture, "Follower: an event that cannot be written down is read again") {
  begin();
  wait_for_place(0);
  std::filesystem::rename(folder / "work/queue", folder / "aside");
  const size_t before = github.request_count();
  publish(1);
  github.wait_for_requests(before + 5);
  std::filesystem::rename(folder / "aside", folder / "work/queue");
  publish(2);
  wait_for_place(2);
  CHECK(accepted == std::vector<int64_t>{1, 2});
}

TEST_CASE_FIXTURE(Fixture, "Follower: of an event whose body was pruned it takes the deployment") {
  begin();
  wait_for_place(0);
  const char* pruned =
      R"(null,"reason_code":"body_pruned","repository":"demo/shop","action":"created")";
  github.publish("deployment", std::string(pruned) + R"(,"deployment_id":7)");
  github.publish("deployment", pruned);  // it says nothing, and holds up nothing
  github.publish("deployment_status", pruned);
  publish(8);
  wait_for({7, 8});
  const auto queued = work->queued().value();
  REQUIRE(queued.size() == 2);
  const auto& event = queued[queued[0].id == 7 ? 0 : 1];
  CHECK(event.repository == "demo/shop");
  CHECK(event.body.contains(R"("body_pruned":true)"));
  CHECK(differences(event, {}).empty());
}

TEST_CASE_FIXTURE(Fixture, "Follower: an event that comes again is known") {
  begin();
  wait_for_place(0);
  publish(1);
  publish(1);
  publish(2);
  wait_for({1, 2});
}

TEST_CASE_FIXTURE(Fixture, "Follower: while the server is away or refuses the token, it waits") {
  begin();
  wait_for_place(0);
  github.set_down(true);
  const size_t count = github.request_count();
  publish(1);
  github.wait_for_requests(count + 3);
  {
    std::lock_guard lock(mutex);
    CHECK(accepted.empty());
  }
  github.set_down(false);
  wait_for({1});
}

TEST_CASE_FIXTURE(Fixture, "Follower: a refused token is logged, with what to do") {
  const std::string log = test::captured_log([&] {
    github.refuse_tokens(true);
    const size_t count = github.request_count();
    begin();
    github.wait_for_requests(count + 2);
    github.refuse_tokens(false);
    wait_for_place(0);  // it goes on
    end();
  });
  CHECK(log.contains("the server refuses the agent's token"));
  CHECK(log.contains("esclusa agent token OWNER/NAME"));
  CHECK_FALSE(log.contains("the feed cannot be read"));
}

TEST_CASE_FIXTURE(Fixture, "Follower: after a success the first pause is a short one again") {
  begin({1ms, 24h});  // if the pauses grew on, the last ones would take hours
  wait_for_place(0);
  std::vector<int64_t> published;
  for (int64_t id = 1; id <= 24; ++id) {
    github.set_down(true);
    github.wait_for_requests(github.request_count() + 1);
    github.set_down(false);
    publish(id);
    published.push_back(id);
    wait_for(published);
  }
}

TEST_CASE_FIXTURE(Fixture, "Follower: a server that was set back is read from the beginning") {
  begin();
  wait_for_place(0);
  publish(1);
  publish(2);
  wait_for_place(2);
  end();
  github.forget_events();
  publish(7);
  begin();
  wait_for({1, 2, 7});
}

TEST_CASE_FIXTURE(Fixture, "Follower: the place in another server's feed means nothing here") {
  REQUIRE(write_durably(folder / "work/feed.json", R"({"server":"http://other","after":0})"));
  publish(1);
  begin();
  wait_for_place(1);
  CHECK(place().contains(github.url));
  CHECK(accepted.empty());
}

}  // namespace
}  // namespace esclusa::agent
