#include "app/doctor.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <future>

#include "support/app_fixture.h"

using namespace esclusa;
using namespace std::chrono_literals;

TEST_CASE("examine_repositories: a repository that is gone, and one that is open to all") {
  const test::TempFolder folder;
  core::Repository repository;
  repository.owner.login = "ada";
  repository.name = "shop";
  repository.path = (folder / "gone.git").string();
  auto findings = app::examine_repositories({repository}, 10min);
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].check == "repositories");
  CHECK(findings[0].what.contains("ada/shop"));
  repository.path = (folder / "open").string();
  std::filesystem::create_directory(repository.path);
  REQUIRE(chmod(repository.path.c_str(), 0777) == 0);
  findings = app::examine_repositories({repository}, 10min);
  REQUIRE(findings.size() == 2);  // it is no repository either
  CHECK(findings[1].what.contains("Everybody on this machine may write"));
}

TEST_CASE("examine_repositories: what hangs is found, holds one thread, and holds up no other") {
  std::promise<void> gate;
  const auto ended = std::make_shared<std::promise<void>>();
  std::atomic<int> hanging = 0;
  const app::Look look = [&hanging, ended,
                          open = gate.get_future().share()](const core::Repository& repository) {
    if (repository.name == "hangs") {
      ++hanging;
      open.wait();
      ended->set_value();
    }
    return core::doctor::RepositoryFacts{};
  };
  core::Repository stuck, well;
  stuck.owner.login = well.owner.login = "ada";
  stuck.name = "hangs";
  stuck.path = "/srv/hangs";
  well.name = "well";
  well.path = "/srv/well";
  for (int i = 0; i < 2; ++i) {
    CHECK(app::examine_repositories({well}, 10min, look).empty());
    const auto findings = app::examine_repositories({stuck}, 1ms, look);
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].what.contains("ada/hangs (/srv/hangs) does not answer"));
  }
  gate.set_value();
  ended->get_future().wait();
  CHECK(hanging == 1);
}
