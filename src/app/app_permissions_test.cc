#include "app/app_permissions.h"

#include <doctest/doctest.h>

#include "app/app_hooks.h"
#include "core/operations/deployments.h"
#include "store/events.h"
#include "store/hooks.h"
#include "support/installed_app.h"

using namespace esclusa;
using core::operations::create_deployment;
using core::operations::get_deployment;
using test::InstalledApp;
using test::must;
using test::permissions_of;

namespace {

/// The app `shop`, which may write deployments and read statuses, and its only installation.
struct ChangedApp : InstalledApp {
  ChangedApp() : InstalledApp("deployments=write,statuses=read") {}

  core::Installation change(const app::AppChange& wanted) {
    const auto overview = must(app::change_app(context, administrator, "shop", wanted));
    app = overview.app;
    REQUIRE(overview.installations.size() == 1);
    return overview.installations[0];
  }
  std::string permissions_after(const app::AppChange& wanted) {
    return change(wanted).permissions.to_text();
  }
  core::Hook set_hook() {
    core::HookConfigChanges config;
    config.url = "https://hooks.example/app";
    return must(app::set_app_hook(context, administrator, "shop", config));
  }
  /// Whether a new request with this token may do it.
  bool may(const std::string& token, const core::Operation& operation,
           const std::string& repository = "application") {
    return enter(must(authenticate(token)), operation, repository).has_value();
  }
  /// An event that waits for the webhook of the app.
  void raise(const std::string& kind) {
    const auto access = open("ada", "application");
    must(write([&](store::Writer& tx) -> Result<void> {
      core::Event event;
      event.guid = kind;
      event.kind = kind;
      event.repository_id = access.repository.id;
      store::insert_event(tx, event, "{}", access.actor);
      return {};
    }));
  }
};

}  // namespace

TEST_CASE("change_app: what the app no longer asks for is lost at once, for live tokens, too") {
  ChangedApp world;
  const std::string token = world.mint().text.reveal();
  CHECK(world.may(token, create_deployment));
  CHECK(world.permissions_after({.permissions = permissions_of("deployments=read")}) ==
        "deployments=read,metadata=read");
  CHECK_FALSE(world.may(token, create_deployment));
  CHECK(world.may(token, get_deployment));
  CHECK(world.permissions_after({.permissions = permissions_of("")}) == "metadata=read");
  CHECK_FALSE(world.may(token, get_deployment));
  CHECK(world.audits("app.update").size() == 2);
  CHECK(world.audits("installation.update").size() == 2);
}

TEST_CASE("change_app: what is new is for later installations, until it is accepted") {
  ChangedApp world;
  const app::AppChange more{.permissions = permissions_of("checks=write,deployments=write")};
  CHECK(world.permissions_after(more) == "deployments=write,metadata=read");
  CHECK(world.app.permissions.to_text() == "checks=write,deployments=write,metadata=read");
  const core::NewInstallationToken to_check{.permissions = permissions_of("checks=read")};
  CHECK_FALSE(world.try_to_mint(to_check).has_value());
  const std::string earlier = world.mint().text.reveal();
  CHECK(world.permissions_after({.accepted = true}) == world.app.permissions.to_text());
  CHECK(world.try_to_mint(to_check).has_value());
  // A token that was made before has what it was made for.
  CHECK_FALSE(must(world.authenticate(earlier))
                  .installation()
                  ->token.permissions.has(core::Permission::checks, core::PermissionLevel::read));
  // What was taken away does not come back by itself.
  world.change({.permissions = permissions_of("deployments=write")});
  CHECK(world.permissions_after(more) == "deployments=write,metadata=read");
  const auto later =
      must(app::install_app(world.context, world.administrator, {"shop", "bob"}, {}));
  CHECK(later.permissions == world.app.permissions);
}

TEST_CASE("change_app: events follow the same rule, and the webhook shows those of the app") {
  ChangedApp world;
  const HookId hook = world.set_hook().id;
  const auto shown = [&] {
    return must(world.read([&](store::Reader& db) -> Result<core::Hook> {
             return store::find_hook(db, world.context.sealer, world.app.id, hook).value();
           }))
        .events;
  };
  using Events = std::vector<std::string>;
  CHECK(world.change({.events = {{"deployment", "status"}}}).events == Events{"deployment"});
  CHECK(shown() == Events{"deployment", "status"});
  CHECK(world.change({.accepted = true}).events == Events{"deployment", "status"});
  CHECK(world.change({.events = Events{"status"}}).events == Events{"status"});
  CHECK(world.change({.events = Events{}}).events.empty());
  CHECK(shown() == Events{"*"});
  const app::AppChange every{.events = Events{"*"}};
  CHECK_FALSE(app::change_app(world.context, world.administrator, "shop", every).has_value());
  CHECK_FALSE(app::change_app(world.context, world.administrator, "none", {}).has_value());
}

TEST_CASE("change_app: what waits to be sent, and may no longer be heard, is not sent") {
  ChangedApp world;
  world.set_hook();
  world.change({.events = {{"deployment", "deployment_status", "status"}}, .accepted = true});
  for (const char* kind : {"deployment", "deployment_status", "status"}) world.raise(kind);
  const auto pending = [&] { return world.deliveries(core::DeliveryState::pending).size(); };
  CHECK(pending() == 4);  // with the ping
  world.change({.permissions = permissions_of("deployments=read")});
  CHECK(pending() == 3);
  world.change({.events = std::vector<std::string>{"deployment_status"}});
  CHECK(pending() == 2);
}

TEST_CASE("change_app: the selection of repositories stays") {
  ChangedApp world;
  world.add_bare("site");
  must(app::install_app(world.context, world.administrator, {"shop", "ada"}, {"site"}));
  const std::string token = world.mint().text.reveal();
  world.change({.permissions = permissions_of("checks=write,deployments=write"), .accepted = true});
  CHECK(world.may(token, get_deployment, "site"));
  CHECK_FALSE(world.may(token, get_deployment));
}
