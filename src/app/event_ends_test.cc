#include "app/event_ends.h"

#include <doctest/doctest.h>

#include <functional>
#include <random>

#include "support/app_fixture.h"

using namespace esclusa;
using test::must;

namespace {

struct World {
  core::Repository repository;
  core::Account sender;
  wire::Urls urls{"http://h/api/v3", "http://h"};

  World() {
    repository.id = {3};
    repository.owner.id = {1};
    repository.owner.login = "demo";
    repository.name = "shop";
    repository.default_branch = "main";
    sender.id = {2};
    sender.login = "ada";
  }
  wire::EventContext context() const { return {repository, sender, urls}; }
};

}  // namespace

TEST_CASE("find_event_end: is kept, and is another one when anything in it changes") {
  World world;
  const auto first = app::find_event_end(world.context());
  CHECK(first->text == wire::event_end(world.context()));
  CHECK(app::find_event_end(World().context()) == first);
  const std::vector<std::function<void()>> changes = {
      [&] { world.repository.name = "window"; },
      [&] { world.repository.description = "It \"sells\"\n"; },
      [&] { world.repository.visibility = core::Visibility::is_public; },
      [&] { world.repository.default_branch = "trunk"; },
      [&] { world.repository.updated_at += std::chrono::seconds(1); },
      [&] { world.repository.owner.kind = core::AccountKind::organization; },
      [&] { world.repository.owner.login = "Demo"; },
      [&] { world.repository.id = {4}; },
      [&] { world.sender.login = "grace"; },
      [&] { world.sender.site_admin = true; },
      [&] { world.sender.id = {5}; },
      [&] { world.urls.ssh = "git@h"; },
      [&] { world.urls.api = "http://other"; },
  };
  std::string before = first->text;
  for (const auto& change : changes) {
    change();
    const std::string text = app::find_event_end(world.context())->text;
    CHECK(text == wire::event_end(world.context()));
    CHECK(text != before);
    before = text;
  }
}

TEST_CASE("find_event_end: the end is right after more ends than are kept") {
  World world;
  for (int64_t id = 100; id < 100 + static_cast<int64_t>(app::event_ends_max) + 10; ++id) {
    world.sender.id = {id};
    CHECK(app::find_event_end(world.context())->text.contains("/u/" + std::to_string(id) + "\""));
  }
}

TEST_CASE_FIXTURE(test::AppFixture,
                  "Change: the body of an event is what wire/ renders, whoever shares its end") {
  std::mt19937 random(1);
  std::vector<std::string> expected;
  World world;
  must(change(administrator, [&](app::Change& change) -> Result<void> {
    change.skip_audit();
    for (int round = 0; round < 50; ++round) {
      core::Deployment deployment;
      deployment.id = {round + 1};
      deployment.payload = R"({ "a" : "\u00e9\/", "n":1.0 })";
      for (size_t size = random() % 3'000; size > 0; --size) {
        deployment.ref += static_cast<char>(1 + random() % 127);
      }
      const core::Account& sender = random() % 2 == 0 ? world.sender : world.repository.owner;
      const auto about = change.event_context(world.repository, sender);
      change.raise(change.new_event({}, "deployment"), wire::deployment_event(about, deployment));
      expected.push_back(
          wire::deployment_event({world.repository, sender, context.event_urls}, deployment));
    }
    return {};
  }));
  const auto stored = must(read([](store::Reader& db) { return test::list_events(db); }));
  REQUIRE(stored.size() == expected.size());
  for (size_t i = 0; i < stored.size(); ++i) CHECK(stored[i].body == expected[i]);
}
