#include "app/deployment_texts.h"

#include <doctest/doctest.h>

#include <random>

#include "app/deployment_statuses.h"
#include "app/deployments.h"
#include "store/deployments.h"
#include "store/repositories.h"
#include "support/app_fixture.h"
#include "support/git_fixture.h"
#include "support/observed_database.h"

using namespace esclusa;
using test::must;

namespace {

const wire::Urls urls{"http://h", "http://h"};

struct World : test::AppFixture {
  /// Every page and every item that is asked for below, as text, in a snapshot of `database`.
  std::string look(store::Database& database) {
    return must(database.read([&](store::Reader& db) {
      const auto access = must(app::enter(db, ada, place, core::operations::get_deployment));
      std::string text;
      for (const core::DeploymentFilter& filter : filters) {
        for (int number = 1; number <= 3; ++number) {
          const core::Page page{.number = number, .size = 4};
          const auto listing = must(app::list_deployment_texts(db, access, filter, page, urls));
          text += std::to_string(listing.total_count) + "\n";
          for (const auto& one : listing.items) text += one->json + one->tag + "\n";
        }
      }
      for (int64_t id = 1; id <= 30; ++id) {
        const auto one = app::get_deployment_text(db, access, {id}, urls);
        text += one ? (*one)->json + format_time((*one)->updated_at) + "\n" : "none\n";
      }
      return text;
    }));
  }

  test::GitFixture git;
  std::string sha = git.commit("main", "a.txt", "one");
  app::RepositoryAccess access = add(git);
  core::Actor ada = access.actor;
  app::RepositoryPlace place = access.repository.id;
  const std::vector<core::DeploymentFilter> filters{{},
                                                    {.task = "deploy:web"},
                                                    {.environment = "Staging"},
                                                    {.state = core::DeploymentState::success},
                                                    {.creator = "ada"}};
};

}  // namespace

TEST_CASE("deployment texts: what is kept equals what the rows say, after every change") {
  World world;
  // An observed database keeps nothing.
  test::ObservedDatabase asking(world.context.database, [](auto&&...) {});
  std::mt19937 random(20'261'130);
  const auto any = [&](int count) {
    return static_cast<int>(random() % static_cast<unsigned>(count));
  };
  int64_t created = 0;
  for (int step = 0; step < 120; ++step) {
    world.pass(std::chrono::seconds(1));
    const DeploymentId some{created == 0 ? 1 : 1 + any(static_cast<int>(created))};
    switch (any(6)) {
      case 0:
      case 1:
      case 2: {
        core::NewDeployment input;
        input.ref = "main";
        input.required_contexts.emplace();
        input.task = any(2) == 0 ? "deploy" : "deploy:web";
        input.environment = any(2) == 0 ? "staging" : "production";
        created = world.deploy(world.access, input).id.value;
        break;
      }
      case 3: {
        core::NewDeploymentStatus input;
        input.state = any(2) == 0 ? core::DeploymentState::success : core::DeploymentState::failure;
        (void)app::create_status(world.context, world.access, some, input);
        break;
      }
      case 4: (void)app::delete_deployment(world.context, world.access, some); break;
      default:
        must(world.write([&](store::Writer& tx) {
          const auto repository = *store::find_repository(tx, world.access.repository.id);
          store::rename_repository(tx, repository, "name-" + std::to_string(any(3)), world.now);
        }));
    }
    CAPTURE(step);
    const std::string expected = world.look(asking);
    CHECK(world.look(world.context.database) == expected);
    CHECK(world.look(world.context.database) == expected);
  }
  CHECK(created > 10);
}

namespace {

/// A reader before whose first statement something else is committed.
class Interrupted final : public store::Reader {
 public:
  Interrupted(store::Reader& real, std::function<void()> commit)
      : real_(real), commit_(std::move(commit)) {}
  sql::Engine engine() const override { return real_.engine(); }
  sql::SnapshotMoment moment() const override { return real_.moment(); }
  using Reader::each;
  void each(std::string_view sql, Parameters parameters,
            const std::function<void(const sql::Row&)>& on_row) override {
    if (auto commit = std::exchange(commit_, {})) commit();
    real_.each(sql, parameters, on_row);
  }

 private:
  store::Reader& real_;
  std::function<void()> commit_;
};

}  // namespace

TEST_CASE("deployment texts: a page is of one snapshot, also if a commit comes between its parts") {
  World world;
  core::NewDeployment input;
  input.ref = "main";
  input.required_contexts.emplace();
  for (int i = 0; i < 3; ++i) world.deploy(world.access, input);
  const wire::Urls others{"http://other", "http://other"};
  const auto list = [&](store::Reader& db, const wire::Urls& asked) {
    return must(app::list_deployment_texts(db, world.access, {}, {}, asked));
  };
  CHECK(must(world.read([&](store::Reader& db) { return list(db, urls); })).items.size() == 3);
  // Now it is kept which deployments the page has, but not their texts with the other address.
  must(world.read([&](store::Reader& db) {
    Interrupted interrupted(db, [&] {
      must(world.write([](store::Writer& tx) { store::delete_deployment(tx, {2}); }));
    });
    const auto now = list(interrupted, others);
    CHECK(now.total_count == 2);
    REQUIRE(now.items.size() == 2);
    for (const auto& text : now.items) CHECK(text->json.contains("http://other/"));
    return 0;
  }));
}
