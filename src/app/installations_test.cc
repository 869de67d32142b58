#include "app/installations.h"

#include <doctest/doctest.h>

#include "app/feed.h"
#include "app/repository_lists.h"
#include "core/operations/server.h"
#include "support/installed_app.h"

using namespace esclusa;
using test::found;
using test::InstalledApp;
using test::must;
using test::permissions_of;

namespace {

template <class T>
std::string reason(const Result<T>& result) {
  REQUIRE_FALSE(result);
  return result.error().reason_code;
}

std::vector<std::string> names(const core::Listing<app::ViewedRepository>& listing) {
  std::vector<std::string> result;
  for (const auto& one : listing.items) result.push_back(one.repository.full_name());
  return result;
}

}  // namespace

TEST_CASE("create_installation_token: all that the installation has, unless less is asked for") {
  InstalledApp world("deployments=write,statuses=read");
  const auto all = world.mint();
  CHECK(all.token.permissions == world.installation.permissions);
  CHECK_FALSE(all.token.repositories.has_value());
  CHECK(all.token.expires_at == world.now + std::chrono::hours(1));

  const auto less = world.mint({.permissions = permissions_of("deployments=read")});
  CHECK(less.token.permissions == permissions_of("deployments=read,metadata=read"));
  const auto refused = world.try_to_mint({.permissions = permissions_of("statuses=write")});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::invalid);
  CHECK(refused.error().message ==
        "The permissions requested are not granted to this installation.");
  CHECK(reason(world.try_to_mint({.permissions = permissions_of("contents=read")})) ==
        "permission_not_granted");
  const auto row = world.audits("installation_token.create").front();
  CHECK(row.detail.find("ghs_") == std::string::npos);
  CHECK(row.actor == world.app.bot.id);
}

TEST_CASE("create_installation_token: expired tokens of the installation go after a day") {
  InstalledApp world;
  world.mint({.repositories = {{"application"}}});
  world.now += std::chrono::hours(24);
  world.mint();
  CHECK(world.row_count("installation_token") == 2);
  world.now += std::chrono::hours(2);
  world.mint();
  CHECK(world.row_count("installation_token") == 2);
  CHECK(world.row_count("installation_token_repository") == 0);
}

TEST_CASE("renew_access: a stream of events ends with the installation's token") {
  InstalledApp world;
  const auto actor = must(world.authenticate(world.mint().text.reveal()));
  const auto repository = must(world.enter(actor, core::operations::read_repository_events));
  app::Feed feed{actor, repository.repository.id};
  must(app::renew_access(world.context, feed));
  CHECK(feed.actor.sender().login == "shop[bot]");
  must(app::suspend_installation(world.context, world.administrator, {"shop", "ada"}, true));
  CHECK(app::renew_access(world.context, feed).error().code == ErrorCode::unauthenticated);
  must(app::suspend_installation(world.context, world.administrator, {"shop", "ada"}, false));
  must(app::renew_access(world.context, feed));
  world.add_bare("site");
  must(app::install_app(world.context, world.administrator, {"shop", "ada"}, {"site"}));
  CHECK(app::renew_access(world.context, feed).error().code == ErrorCode::not_found);
}

TEST_CASE("create_installation_token: repositories by name and by id, which it must reach") {
  InstalledApp world;
  const auto site = world.add_bare("site").repository.id;
  const auto minted = world.mint({.repositories = {{"Application"}}, .repository_ids = {{site}}});
  CHECK(minted.repositories.size() == 2);
  CHECK(world.mint({.repositories = {{"site"}}, .repository_ids = {{site}}})
            .token.repositories->size() == 1);
  const auto refused = world.try_to_mint({.repositories = {{"application", "none"}}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message ==
        "There is at least one repository that does not exist or is not accessible to the parent "
        "installation.");
  must(app::install_app(world.context, world.administrator, {"shop", "ada"}, {"application"}));
  CHECK(reason(world.try_to_mint({.repository_ids = {{site}}})) == "repository_not_accessible");
  CHECK(reason(world.try_to_mint({.repository_ids = {{RepositoryId{4711}}}})) ==
        "repository_not_accessible");

  // The token reaches what was chosen, and lost the repository that the installation has lost.
  const auto actor = must(world.authenticate(minted.text.reveal()));
  const core::Operation& look = core::operations::get_deployment;
  CHECK(world.enter(actor, look, "application").has_value());
  CHECK_FALSE(world.enter(actor, look, "site").has_value());
}

TEST_CASE("create_installation_token: an empty list asks for all repositories, and lists them") {
  InstalledApp world;
  const auto site = world.add_bare("site").repository.id;
  const auto names = [&](const core::NewInstallationToken& input) {
    const auto minted = world.mint(input);
    CHECK_FALSE(minted.token.repositories.has_value());
    CHECK(minted.selection == world.installation.selection);
    std::string text;
    for (const auto& one : minted.repositories) text += one.name + " ";
    return text;
  };
  const std::vector<std::string> no_names;
  const std::vector<RepositoryId> no_ids;
  CHECK(names({.repositories = no_names}) == "application site ");
  CHECK(names({.repository_ids = no_ids}) == "application site ");
  CHECK(names({.repositories = no_names, .repository_ids = no_ids}) == "application site ");
  CHECK(world.mint().repositories.empty());
  const auto one = world.mint({.repositories = no_names, .repository_ids = {{site}}});
  CHECK(found(one.token.repositories) == std::vector{site});
  CHECK(one.selection == core::RepositorySelection::selected);
  world.installation =
      must(app::install_app(world.context, world.administrator, {"shop", "ada"}, {"site"}));
  CHECK(names({.repositories = no_names}) == "site ");
  CHECK(world.mint().selection == core::RepositorySelection::selected);
}

TEST_CASE("create_installation_token: not while suspended, and not for another app") {
  InstalledApp world;
  const auto other = world.create_app("other", test::other_key());
  CHECK(app::create_installation_token(world.context, core::Actor::by_app(other.app),
                                       world.installation.id, {})
            .error()
            .code == ErrorCode::not_found);
  must(app::suspend_installation(world.context, core::Actor::by_app(world.app),
                                 world.installation.id, true));
  const auto refused = world.try_to_mint({});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::forbidden);
  CHECK(refused.error().message == "This installation has been suspended");
  must(app::suspend_installation(world.context, core::Actor::by_app(world.app),
                                 world.installation.id, false));
  world.mint();
}

TEST_CASE("an app finds its own installations, and no other") {
  InstalledApp world;
  const auto other = world.create_app("other", test::other_key()).app;
  world.add_bare("site");
  must(app::install_app(world.context, world.administrator, {"shop", "ada"}, {"application"}));
  const auto ask = [&](const core::App& app, const std::string& repository) {
    return world
        .read([&](store::Reader& db) {
          return app::get_repository_installation(db, app, "ada", repository);
        })
        .has_value();
  };
  CHECK(ask(world.app, "application"));
  CHECK_FALSE(ask(world.app, "site"));
  CHECK_FALSE(ask(world.app, "none"));
  CHECK_FALSE(ask(other, "application"));
  const auto at = [&](const std::string& login, app::AccountOf kind) {
    return world
        .read([&](store::Reader& db) {
          return app::get_account_installation(db, world.app, login, kind);
        })
        .has_value();
  };
  CHECK(at("ada", app::AccountOf::anybody));
  CHECK_FALSE(at("ada", app::AccountOf::organization));
  CHECK_FALSE(at("bob", app::AccountOf::anybody));
  const auto actor = core::Actor::by_app(other);
  CHECK_FALSE(app::remove_installation(world.context, actor, world.installation.id).has_value());
  CHECK_FALSE(
      app::suspend_installation(world.context, actor, world.installation.id, true).has_value());
}

TEST_CASE("lists: an installation sees what it reaches and what is public") {
  InstalledApp world;
  world.add_bare("site");
  must(app::create_repository(world.context, world.administrator,
                              {.owner = "bob",
                               .name = "open",
                               .path = "",
                               .visibility = core::Visibility::is_public,
                               .auto_merge = {}}));
  must(app::create_repository(world.context, world.administrator,
                              {.owner = "bob", .name = "shut", .path = "", .auto_merge = {}}));
  const auto list = [&](const core::MintedInstallationToken& minted, bool only_reached) {
    const auto actor = must(world.authenticate(minted.text.reveal()));
    core::RepositoryFilter filter;
    if (only_reached) filter.reach = app::reach_of(*actor.installation());
    return must(world.read(
        [&](store::Reader& db) { return app::list_repositories(db, actor, filter, {}); }));
  };
  using Names = std::vector<std::string>;
  CHECK(names(list(world.mint(), true)) == Names{"ada/application", "ada/site"});
  CHECK(names(list(world.mint(), false)) == Names{"ada/application", "ada/site", "bob/open"});
  CHECK(list(world.mint(), true).items[0].role == core::Role::write);
  const auto one = world.mint({.repositories = {{"site"}}});
  CHECK(names(list(one, true)) == Names{"ada/site"});
  CHECK(names(list(one, false)) == Names{"ada/site", "bob/open"});
  must(app::install_app(world.context, world.administrator, {"shop", "ada"}, {"application"}));
  CHECK(names(list(one, true)).empty());
  CHECK(names(list(world.mint(), true)) == Names{"ada/application"});
}
