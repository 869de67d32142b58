#include "app/apps.h"

#include <doctest/doctest.h>

#include "app/app_hooks.h"
#include "app/collaborators.h"
#include "app/environments.h"
#include "app/members.h"
#include "store/events.h"
#include "support/installed_app.h"

using namespace esclusa;
using test::InstalledApp;
using test::must;

namespace {

template <class T>
std::string reason(const Result<T>& result) {
  REQUIRE_FALSE(result);
  return result.error().reason_code;
}

app::NewApp shop(const std::string& name) {
  return {.name = name, .owner = "bob", .public_key = test::app_key().public_key.pem};
}

}  // namespace

TEST_CASE("create_app: makes the app, its bot and its first key, and stores no private key") {
  InstalledApp world;
  app::NewApp input = shop("Ship It");
  input.owner = "ada";
  input.human = "bob";
  input.permissions = test::permissions_of("deployments=write");
  input.events = {"deployment", "deployment_protection_rule"};
  const auto made = must(app::create_app(world.context, world.administrator, input));
  CHECK(made.app.slug == "ship-it");
  CHECK(made.app.owner.login == "ada");
  CHECK(made.app.permissions == test::permissions_of("deployments=write,metadata=read"));
  const core::Account bot = world.account("ship-it[bot]");
  CHECK(bot.kind == core::AccountKind::bot);
  CHECK(core::who_answers_for(bot) == world.account("bob").id);
  REQUIRE(made.keys.size() == 1);
  CHECK(made.keys[0].fingerprint == test::app_key().public_key.fingerprint);
  CHECK(made.keys[0].public_key.starts_with("-----BEGIN PUBLIC KEY-----"));
  std::vector<std::string> actions;
  for (const auto& row : world.audits("app.")) actions.push_back(row.action);
  CHECK(actions ==
        std::vector<std::string>{"app.create", "app.add_key", "app.create", "app.add_key"});
}

TEST_CASE("create_app: what is refused leaves nothing behind") {
  InstalledApp world;
  const auto refused = [&](const app::NewApp& input) {
    const auto accounts = world.row_count("account");
    const std::string code = reason(app::create_app(world.context, world.administrator, input));
    CHECK(world.row_count("account") == accounts);
    CHECK(world.row_count("app") == 1);
    return code;
  };
  CHECK(refused(shop("SHOP")) == "slug_taken");
  CHECK(refused(shop("")) == "invalid_name");
  CHECK(refused(shop("!!")) == "invalid_name");
  CHECK(refused(shop("a name that is longer than GitHub allows")) == "invalid_name");
  for (const char* hidden : {"pohs\u202E", "\u2066shop", "sh\u200Bop", "shop\n", "my\u00A0shop"}) {
    CHECK(refused(shop(hidden)) == "invalid_name");
  }
  must(app::create_account(world.context, world.administrator,
                           {.login = "robot[bot]", .kind = core::AccountKind::bot, .human = ""}));
  CHECK(refused(shop("robot")) == "login_taken");
  app::NewApp input = shop("other");
  input.owner = "nobody";
  CHECK(refused(input) == "account_not_found");
  input = shop("other");
  input.owner = "robot[bot]";
  CHECK(refused(input) == "not_an_owner");
  input = shop("other");
  input.human = "robot[bot]";
  CHECK(refused(input) == "not_a_human");
  input = shop("other");
  input.public_key = test::app_key().private_key.reveal();
  CHECK(refused(input) == "invalid_public_key");
  input = shop("other");
  input.events = {"*"};
  CHECK(refused(input) == "invalid_events");
  input.events = {"no_event"};
  CHECK(refused(input) == "hook_events_not_allowed");
  input = shop("other");
  input.external_url = "javascript:alert(1)";
  CHECK_FALSE(app::create_app(world.context, world.administrator, input).has_value());
}

TEST_CASE("install_app: at all repositories or at some, and again with what the app has now") {
  InstalledApp world;
  CHECK(world.installation.selection == core::RepositorySelection::all);
  CHECK(world.installation.permissions == world.app.permissions);
  CHECK(world.installation.events == std::vector<std::string>{"deployment"});
  const auto changed = must(app::install_app(world.context, world.administrator, {"shop", "ada"},
                                             {"application", "Application"}));
  CHECK(changed.id == world.installation.id);
  CHECK(changed.selection == core::RepositorySelection::selected);
  CHECK(reason(app::install_app(world.context, world.administrator, {"shop", "ada"}, {"none"})) ==
        "repository_not_found");
  CHECK(reason(app::install_app(world.context, world.administrator, {"none", "ada"}, {})) ==
        "app_not_found");
  CHECK(reason(app::install_app(world.context, world.administrator, {"shop", "none"}, {})) ==
        "account_not_found");
  CHECK(reason(app::install_app(world.context, world.administrator, {"shop", "shop[bot]"}, {})) ==
        "not_an_owner");
}

TEST_CASE("remove_app and remove_installation: once, and then they are gone") {
  InstalledApp world;
  const app::InstallationPlace place{"shop", "ada"};
  must(app::remove_installation(world.context, world.administrator, place));
  CHECK(reason(app::remove_installation(world.context, world.administrator, place)) ==
        "installation_not_found");
  CHECK(reason(app::suspend_installation(world.context, world.administrator, place, true)) ==
        "installation_not_found");
  const auto again = must(app::install_app(world.context, world.administrator, place, {}));
  CHECK(again.id != world.installation.id);
  must(app::remove_app(world.context, world.administrator, "shop"));
  CHECK(must(world.read(app::list_apps)).empty());
  CHECK(reason(app::remove_app(world.context, world.administrator, "shop")) == "app_not_found");
  const auto again_created = app::create_app(world.context, world.administrator, shop("shop"));
  CHECK(reason(again_created) == "slug_taken");
  CHECK(again_created.error().message ==
        "The slug \"shop\" is taken for good: the app was removed, but its bot stays, because it "
        "made things. Choose another name");
}

TEST_CASE("remove_installation, remove_app: nothing more is sent because of them") {
  InstalledApp world;
  core::HookConfigChanges config;
  config.url = "https://hooks.example/app";
  const auto hook = must(app::set_app_hook(world.context, world.administrator, "shop", config));
  const auto access = world.open("ada", "application");
  const auto pending = [&] {
    return must(world.read([](store::Reader& db) -> Result<int64_t> {
      return db.number("select count(*) from delivery where state = 'pending'");
    }));
  };
  CHECK(pending() == 1);  // the ping
  must(world.write([&](store::Writer& tx) -> Result<void> {
    core::Event event;
    event.guid = "1";
    event.kind = "deployment";
    event.repository_id = access.repository.id;
    store::insert_event(tx, event, "{}", access.actor);
    return {};
  }));
  CHECK(pending() == 2);
  must(app::remove_installation(world.context, world.administrator, {"shop", "ada"}));
  CHECK(pending() == 1);
  must(app::remove_app(world.context, world.administrator, "shop"));
  CHECK(pending() == 0);
  must(world.read([&](store::Reader& db) -> Result<void> {
    CHECK_FALSE(store::has_hook(db, world.app.id, hook.id));
    return {};
  }));
}

TEST_CASE("remove_app_hook: what waits is not sent, and the app can get another one") {
  InstalledApp world;
  const auto remove = [&] {
    return app::remove_app_hook(world.context, world.administrator, "shop");
  };
  CHECK(reason(remove()) == "hook_not_found");
  core::HookConfigChanges config;
  config.url = "https://hooks.example/app";
  const auto first = must(app::set_app_hook(world.context, world.administrator, "shop", config));
  CHECK(world.deliveries(core::DeliveryState::pending).size() == 1);
  must(remove());
  CHECK(world.deliveries(core::DeliveryState::pending).empty());
  CHECK(world.audits("hook.delete").front().target == first.id.value);
  CHECK(reason(remove()) == "hook_not_found");
  const auto second = must(app::set_app_hook(world.context, world.administrator, "shop", config));
  CHECK(second.id != first.id);
}

TEST_CASE("remove_app_key: only a key of that app") {
  InstalledApp world;
  const auto other = world.create_app("other", test::other_key());
  CHECK(reason(app::remove_app_key(world.context, world.administrator, "shop", other.keys[0].id)) ==
        "key_not_found");
  must(app::remove_app_key(world.context, world.administrator, "other", other.keys[0].id));
  CHECK(must(world.read(app::list_apps)).front().keys.empty());
}

TEST_CASE("the bot of an app: no token, no role, no membership, no review") {
  InstalledApp world;
  const std::string bot = "shop[bot]";
  const auto ada = world.open("ada", "application");
  CHECK(reason(app::create_token(world.context, world.administrator,
                                 {.login = bot, .name = "", .scopes = "repo", .expires_in = {}})) ==
        "bot_of_an_app");
  CHECK(reason(app::grant_role(world.context, world.administrator, "ada", "application", bot,
                               core::Role::admin)) == "bot_of_an_app");
  CHECK(reason(app::add_collaborator(world.context, ada, bot, core::Role::write)) ==
        "bot_of_an_app");
  must(app::create_account(
      world.context, world.administrator,
      {.login = "works", .kind = core::AccountKind::organization, .human = ""}));
  CHECK(reason(app::set_member(world.context, world.administrator, "works", bot, "admin")) ==
        "bot_of_an_app");
  // Even if it had a role, as from an earlier version.
  must(world.write([&](store::Writer& tx) -> Result<void> {
    store::set_role(tx, ada.repository.id, world.account(bot).id, core::Role::write);
    store::set_role(tx, ada.repository.id, world.account("bob").id, core::Role::write);
    return {};
  }));
  core::EnvironmentChange change;
  change.reviewers = std::vector<core::ReviewerId>{world.account(bot).id};
  CHECK(reason(app::put_environment(world.context, ada, "production", change)) == "bot_of_an_app");
}
