#include "app/app_remains.h"

#include <doctest/doctest.h>

#include "app/app_hooks.h"
#include "app/deploy_keys.h"
#include "app/hooks.h"
#include "support/installed_app.h"
#include "support/public_keys.h"

using namespace esclusa;
using test::InstalledApp;
using test::must;

namespace {

/// The app `shop` at ada, which makes webhooks and deploy keys, and at the organization works.
struct MakingApp : InstalledApp {
  MakingApp()
      : InstalledApp("administration=write,organization_hooks=write,repository_hooks=write") {
    must(app::create_account(
        context, administrator,
        {.login = "works", .kind = core::AccountKind::organization, .human = ""}));
    at_works = must(app::install_app(context, administrator, {"shop", "works"}, {}));
  }

  HookId make_hook(const app::HookScope& scope, const std::string& url) {
    core::HookInput input;
    input.config = core::HookConfig{.url = url, .secret = {}};
    input.events = {{"deployment"}};
    return must(app::create_hook(context, scope, input)).id;
  }
  app::RepositoryAccess bot_at_ada(const core::Operation& operation) {
    return must(enter(must(authenticate(mint().text.reveal())), operation));
  }
  app::OrganizationAccess bot_at_works() {
    const auto minted =
        must(app::create_installation_token(context, core::Actor::by_app(app), at_works.id, {}));
    const auto actor = must(authenticate(minted.text.reveal()));
    return must(read([&](store::Reader& db) {
      return app::enter(db, actor, app::OrganizationPlace("works"),
                        core::operations::create_organization_hook);
    }));
  }

  core::Installation at_works;
};

std::string text_of(const app::AppRemains& remains) {
  std::string text = remains.bot + ":";
  for (const auto& hook : remains.hooks) {
    text += " hook " + std::to_string(hook.id.value) + " of " + hook.place + " to " + hook.url;
  }
  for (const auto& key : remains.keys) {
    text += " key " + std::to_string(key.id.value) + " of " + key.place + " " + key.title;
  }
  return text;
}

}  // namespace

TEST_CASE("remove_installation, remove_app: what the app made stays, and they name it") {
  MakingApp world;
  const HookId hook = world.make_hook(world.bot_at_ada(core::operations::create_hook),
                                      "https://user:secret@hooks.example/a");
  const HookId of_works = world.make_hook(world.bot_at_works(), "https://hooks.example/b");
  const auto key = must(
      app::create_deploy_key(world.context, world.bot_at_ada(core::operations::create_deploy_key),
                             {.key = test::public_key("ci"), .title = "CI", .expires_at = {}}));
  // Nobody else's, and not the app's own.
  world.make_hook(world.open("ada", "application"), "https://hooks.example/ada");
  core::HookConfigChanges config;
  config.url = "https://hooks.example/app";
  must(app::set_app_hook(world.context, world.administrator, "shop", config));

  const std::string at_ada =
      " hook " + std::to_string(hook.value) + " of ada/application to https://hooks.example/a";
  const std::string at_works =
      " hook " + std::to_string(of_works.value) + " of works to https://hooks.example/b";
  const std::string keys = " key " + std::to_string(key.id.value) + " of ada/application CI";
  const auto uninstalled =
      must(app::remove_installation(world.context, world.administrator, {"shop", "ada"}));
  CHECK(text_of(uninstalled) == "shop[bot]:" + at_ada + keys);
  CHECK(text_of(must(app::remove_app(world.context, world.administrator, "shop"))) ==
        "shop[bot]:" + at_ada + at_works + keys);
}

TEST_CASE("remove_app: what was removed or has a new owner is not named") {
  MakingApp world;
  const auto ada = world.open("ada", "application");
  const auto bot = world.bot_at_ada(core::operations::create_hook);
  const HookId removed = world.make_hook(bot, "https://hooks.example/removed");
  const HookId adopted = world.make_hook(bot, "https://hooks.example/adopted");
  must(app::delete_hook(world.context, ada, removed));
  must(app::adopt_hook(world.context, ada, adopted));
  const auto key = must(
      app::create_deploy_key(world.context, world.bot_at_ada(core::operations::create_deploy_key),
                             {.key = test::public_key("ci"), .title = "CI", .expires_at = {}}));
  must(app::delete_deploy_key(world.context, ada, key.id));
  CHECK(text_of(must(app::remove_app(world.context, world.administrator, "shop"))) == "shop[bot]:");
}
