#include "app/teams.h"

#include <doctest/doctest.h>

#include "app/members.h"
#include "core/operations/code.h"
#include "core/operations/people.h"
#include "store/environments.h"
#include "support/app_fixture.h"
#include "support/reason.h"

using namespace esclusa;
using core::Role;
using core::TeamRole;
using test::AppFixture;
using test::must;
using test::reason;

namespace {

/// An organization `works` with the owner ada, the members bob and carla, and other accounts.
struct TeamFixture : AppFixture {
  app::OrganizationAccess make_works() {
    for (const char* login : {"bob", "carla", "stranger"}) {
      must(app::create_account(context, administrator, {.login = login, .human = ""}));
    }
    must(app::create_account(context, administrator,
                             {.login = "chief", .site_admin = true, .human = ""}));
    must(app::create_account(
        context, administrator,
        {.login = "works", .kind = core::AccountKind::organization, .human = ""}));
    must(app::set_member(context, administrator, "works", "ada", "admin"));
    must(app::set_member(context, administrator, "works", "bob", "member"));
    must(app::set_member(context, administrator, "works", "carla", "member"));
    return enter("ada");
  }

  app::OrganizationAccess enter(const std::string& login) {
    return must(enter(log_in(login, "repo, admin:org"), "works"));
  }
  Result<app::OrganizationAccess> enter(
      const core::Actor& actor, const app::OrganizationPlace& place,
      const core::Operation& operation = core::operations::get_team) {
    return read([&](store::Reader& db) { return app::enter(db, actor, place, operation); });
  }
  Result<app::RepositoryAccess> enter_shop(const std::string& login) {
    const core::Actor actor = log_in(login);
    return read([&](store::Reader& db) {
      return app::enter(db, actor, app::RepositoryName{"works", "shop"},
                        core::operations::get_repository);
    });
  }
  Result<app::TeamDetails> get(const app::OrganizationAccess& access,
                               const core::TeamAddress& address) {
    return read([&](store::Reader& db) { return app::get_team(db, access, address); });
  }
  Result<core::Listing<core::TeamMember>> members(const app::OrganizationAccess& access,
                                                  const std::string& slug) {
    return read(
        [&](store::Reader& db) { return app::list_team_members(db, access, slug, {}, {}); });
  }
  Result<app::TeamMembership> membership(const app::OrganizationAccess& access,
                                         const std::string& slug, const std::string& login) {
    return read(
        [&](store::Reader& db) { return app::get_team_membership(db, access, slug, login); });
  }
  Result<core::Listing<core::TeamRepository>> repositories(const app::OrganizationAccess& access,
                                                           const std::string& slug) {
    return read(
        [&](store::Reader& db) { return app::list_team_repositories(db, access, slug, {}); });
  }
  Result<core::Member> member(const std::string& login) {
    return read([&](store::Reader& db) { return app::get_member(db, owner, login); });
  }
  app::TeamDetails add(const std::string& name,
                       core::TeamPrivacy privacy = core::TeamPrivacy::closed) {
    core::NewTeam input;
    input.name = name;
    input.privacy = privacy;
    return must(app::create_team(context, owner, input));
  }
  /// Adds a private repository of the organization.
  core::Repository add_repository(const std::string& name) {
    app::NewRepository input;
    input.owner = "works";
    input.name = name;
    return must(app::create_repository(context, administrator, input)).repository;
  }
  /// The slugs of the teams that the account sees.
  std::string slugs(const std::string& login) {
    std::string all;
    const auto access = enter(login);
    const auto teams =
        must(read([&](store::Reader& db) { return app::list_teams(db, access, {}); }));
    for (const auto& team : teams.items) {
      all += team.slug + " ";
    }
    return all;
  }
  std::string role_in(const std::string& slug, const std::string& login) {
    const auto found = membership(owner, slug, login);
    return found ? std::string(core::to_name(found->member.role)) : reason(found);
  }
  std::string latest_audit() {
    auto rows = audits();
    std::erase_if(rows, [](const auto& row) { return row.action.starts_with("token"); });
    return rows.back().action + " " + rows.back().detail + "\n";
  }

  app::OrganizationAccess owner = make_works();
};

}  // namespace

TEST_CASE("create_team: adds the maintainers, the creator and the repositories") {
  TeamFixture app;
  app.add_repository("shop");
  core::NewTeam input;
  input.name = "Night Watch";
  input.description = "They watch";
  input.maintainers = {"BOB"};
  input.repo_names = {"works/SHOP"};
  const auto details = must(app::create_team(app.context, app.owner, input));
  CHECK(details.team.slug == "night-watch");
  CHECK(details.team.privacy == core::TeamPrivacy::secret);
  CHECK(details.team.created_at == app.now);
  CHECK(details.member_count == 2);
  CHECK(details.repository_count == 1);
  CHECK(details.organization.private_repository_count == 1);
  CHECK(app.role_in("night-watch", "ada") == "maintainer");
  CHECK(app.role_in("night-watch", "bob") == "maintainer");
  CHECK(app.role_in("night-watch", "carla") == "not found");
  CHECK(app.latest_audit() == "team.create {\"slug\":\"night-watch\"}\n");
}

TEST_CASE("create_team: a site administrator who is not a member does not join the team") {
  TeamFixture app;
  core::NewTeam input;
  input.name = "Ops";
  CHECK(must(app::create_team(app.context, app.enter("chief"), input)).member_count == 0);
}

TEST_CASE("create_team: a refusal (name taken or empty, foreign account) leaves nothing behind") {
  TeamFixture app;
  app.add("Night Watch");
  auto create = [&](core::NewTeam input) {
    return reason(app::create_team(app.context, app.owner, input));
  };
  core::NewTeam input;
  input.name = "night  watch";
  CHECK(create(input) == "team_exists");
  input.name = "!";
  CHECK(create(input) == "invalid_team_name");
  input.name = "Other";
  input.maintainers = {"bob", "stranger"};
  CHECK(create(input) == "not_a_member");
  input.maintainers = {"nobody-there"};
  CHECK(create(input) == "not_a_member");
  input.maintainers = std::vector<std::string>(101, "bob");
  CHECK(create(input) == "too_long");
  input.maintainers = {};
  app.add_bare("mine");  // ada's own
  for (const char* name : {"ada/mine", "works/none", "works", ""}) {
    input.repo_names = {name};
    CHECK(create(input) == "not_a_repository_of_the_organization");
  }
  CHECK(app.row_count("team") == 1);
  CHECK(app.audits("team").size() == 1);
}

TEST_CASE("list_teams, get_team: a secret team is seen by its members and by owners") {
  TeamFixture app;
  app.add("Open");
  app.add("Secret", core::TeamPrivacy::secret);
  must(app::set_team_membership(app.context, app.owner, "secret", "bob", TeamRole::member));
  CHECK(app.slugs("ada") == "open secret ");
  CHECK(app.slugs("chief") == "open secret ");
  CHECK(app.slugs("bob") == "open secret ");
  CHECK(app.slugs("carla") == "open ");
  const auto carla = app.enter("carla");
  CHECK(must(app.get(app.enter("bob"), "SECRET")).team.name == "Secret");
  CHECK(reason(app.get(carla, "secret")) == "not found");
  CHECK(reason(app.members(carla, "secret")) == "not found");
  CHECK(reason(app.membership(carla, "secret", "bob")) == "not found");
  CHECK(reason(app.repositories(carla, "secret")) == "not found");
  CHECK(must(app.members(carla, "open")).total_count == 1);
}

TEST_CASE("a team by its id: a secret one is not found for others, on any route") {
  TeamFixture app;
  const TeamId open = app.add("Open").team.id;
  const TeamId secret = app.add("Secret", core::TeamPrivacy::secret).team.id;
  must(app::set_team_membership(app.context, app.owner, secret, "bob", TeamRole::member));
  auto enter = [&](const std::string& login, TeamId team, Role role) {
    const auto& operation =
        role == Role::admin ? core::operations::update_team : core::operations::get_team;
    return reason(app.enter(app.log_in(login, "admin:org"), team, operation));
  };
  for (const Role role : {Role::read, Role::admin}) {
    CHECK(enter("carla", secret, role) == "not found");
    CHECK(enter("stranger", secret, role) == "not found");
    CHECK(enter("carla", TeamId{4711}, role) == "not found");
    CHECK(enter("ada", secret, role).empty());
    CHECK(enter("chief", secret, role).empty());
  }
  CHECK(enter("bob", secret, Role::read).empty());
  CHECK(enter("bob", secret, Role::admin) == "missing_role");
  CHECK(enter("carla", open, Role::admin) == "missing_role");
}

TEST_CASE("a team by its id: the same team after a rename; none of another organization") {
  TeamFixture app;
  const TeamId open = app.add("Open").team.id;
  const TeamId secret = app.add("Secret", core::TeamPrivacy::secret).team.id;
  core::TeamChanges changes;
  changes.name = "Renamed";
  CHECK(must(app::update_team(app.context, app.owner, open, changes)).details.team.id == open);
  CHECK(must(app.get(app.enter("carla"), open)).team.slug == "renamed");
  CHECK(reason(app.get(app.enter("carla"), secret)) == "not found");
  CHECK(reason(app.get(app.owner, TeamId{4711})) == "not found");

  must(app::create_account(
      app.context, app.administrator,
      {.login = "others", .kind = core::AccountKind::organization, .human = ""}));
  must(app::set_member(app.context, app.administrator, "others", "ada", "admin"));
  const auto ada = app.log_in("ada", "admin:org");
  const auto others = must(app.enter(ada, "others"));
  CHECK(reason(app.get(others, open)) == "not found");
  CHECK(reason(app::delete_team(app.context, others, open)) == "not found");
  CHECK(reason(app::set_team_role(app.context, others, {open, "others", "x"}, Role::read)) ==
        "not found");

  // The organization by its id, and by its team's id.
  const AccountId works = app.owner.organization.id;
  CHECK(must(app.enter(ada, works)).organization.login == "works");
  CHECK(must(app.enter(ada, open)).organization.id == works);
  const auto stranger = app.log_in("stranger", "admin:org");
  CHECK(reason(app.enter(stranger, open)) == "not found");
  CHECK(reason(app.enter(ada, TeamId{4711})) == "not found");
  CHECK(reason(app.enter(ada, ada.sender().id)) == "not found");
}

TEST_CASE("update_team: the notification setting is kept by other changes") {
  TeamFixture app;
  core::NewTeam input;
  input.name = "Ops";
  input.notification_setting = core::TeamNotifications::disabled;
  must(app::create_team(app.context, app.owner, input));
  auto setting = [&] { return must(app.get(app.owner, "ops")).team.notification_setting; };
  CHECK(setting() == core::TeamNotifications::disabled);
  core::TeamChanges changes;
  changes.description = "They operate";
  must(app::update_team(app.context, app.owner, "ops", changes));
  CHECK(setting() == core::TeamNotifications::disabled);
  changes.notification_setting = core::TeamNotifications::enabled;
  CHECK(must(app::update_team(app.context, app.owner, "ops", changes)).has_changed);
  CHECK(setting() == core::TeamNotifications::enabled);
  CHECK_FALSE(must(app::update_team(app.context, app.owner, "ops", changes)).has_changed);
}

TEST_CASE("update_team: a new name gives a new slug; repeating it changes nothing") {
  TeamFixture app;
  app.add("Ops");
  app.add("Sales");
  app.now += std::chrono::seconds(5);
  core::TeamChanges changes;
  changes.name = "Operations";
  changes.privacy = core::TeamPrivacy::secret;
  const auto updated = must(app::update_team(app.context, app.owner, "ops", changes));
  CHECK(updated.has_changed);
  CHECK(updated.details.team.slug == "operations");
  CHECK(updated.details.team.updated_at == app.now);
  CHECK(updated.details.team.privacy == core::TeamPrivacy::secret);
  CHECK(updated.details.member_count == 1);
  const auto audits = app.audits().size();
  CHECK_FALSE(must(app::update_team(app.context, app.owner, "operations", changes)).has_changed);
  CHECK(app.audits().size() == audits);
  CHECK(reason(app.get(app.owner, "ops")) == "not found");
  CHECK(reason(app::update_team(app.context, app.owner, "ops", changes)) == "not found");
  changes.name = "SALES";
  CHECK(reason(app::update_team(app.context, app.owner, "operations", changes)) == "team_exists");
}

TEST_CASE("delete_team: refused while an environment requires the team's review") {
  TeamFixture app;
  const auto id = app.add("Ops").team.id;
  const auto repository = app.add_repository("shop");
  const auto set_rules = [&](std::vector<core::ProtectionRule> rules) {
    must(app.write([&](store::Writer& tx) {
      auto environment = store::ensure_environment(tx, repository.id, "production", app.now);
      environment.rules = std::move(rules);
      store::save_environment(tx, environment, app.now);
    }));
  };
  set_rules({{.id = {}, .gate = core::RequiredReviewersRule{.reviewers = {{id, "works/ops"}}}}});
  const auto refused = app::delete_team(app.context, app.owner, "ops");
  CHECK(reason(refused) == "team_is_reviewer");
  CHECK(refused.error().message.find("production of works/shop") != std::string::npos);
  CHECK(app.row_count("team") == 1);
  set_rules({});
  must(app::delete_team(app.context, app.owner, "ops"));
  CHECK(app.row_count("team") == 0);
  CHECK(app.latest_audit() == "team.delete {\"slug\":\"ops\"}\n");
  CHECK(reason(app::delete_team(app.context, app.owner, "ops")) == "not found");
}

TEST_CASE("set_team_membership: a new team member joins the organization too") {
  TeamFixture app;
  app.add("Ops");
  auto set = [&](const std::string& login, TeamRole role) {
    return app::set_team_membership(app.context, app.owner, "ops", login, role);
  };
  CHECK(must(set("stranger", TeamRole::member)).member.role == TeamRole::member);
  CHECK(must(app.member("stranger")).role == core::MemberRole::member);
  CHECK(app.latest_audit() ==
        "team.set_member {\"slug\":\"ops\",\"login\":\"stranger\",\"role\":\"member\"}\n");
  CHECK(must(set("BOB", TeamRole::maintainer)).member.role == TeamRole::maintainer);
  CHECK(must(set("bob", TeamRole::member)).member.role == TeamRole::member);
  CHECK(must(set("ada", TeamRole::member)).member.role == TeamRole::maintainer);  // an owner
  CHECK(reason(set("works", TeamRole::member)) == "not_a_member");
  CHECK(reason(set("nobody-there", TeamRole::member)) == "not found");
  must(app::remove_team_membership(app.context, app.owner, "ops", "bob"));
  CHECK(app.role_in("ops", "bob") == "not found");
  CHECK(app.latest_audit() == "team.remove_member {\"slug\":\"ops\",\"login\":\"bob\"}\n");
  CHECK(reason(app::remove_team_membership(app.context, app.owner, "ops", "bob")) == "not found");
  CHECK(must(app.member("bob")).role == core::MemberRole::member);
}

TEST_CASE("set_team_role: only for repositories of the organization") {
  TeamFixture app;
  app.add("Ops");
  app.add_repository("shop");
  app.add_bare("mine");
  must(app::set_team_membership(app.context, app.owner, "ops", "bob", TeamRole::member));
  auto set = [&](const std::string& owner, const std::string& name, Role role) {
    return reason(app::set_team_role(app.context, app.owner, {"ops", owner, name}, role));
  };
  auto opens = [&](const std::string& login) {
    const auto entered = app.enter_shop(login);
    return entered ? entered->role : Role::none;
  };
  auto get = [&](const std::string& login) {
    const auto access = app.enter(login);
    return app.read([&](store::Reader& db) {
      return app::get_team_repository(db, access, {"ops", "works", "shop"});
    });
  };
  CHECK(opens("bob") == Role::none);
  CHECK(reason(get("ada")) == "not found");
  CHECK(set("Works", "Shop", Role::write).empty());
  CHECK(opens("bob") == Role::write);
  CHECK(opens("carla") == Role::none);
  CHECK(must(get("ada")).role == Role::write);
  CHECK(must(get("bob")).repository.name == "shop");
  CHECK(reason(get("carla")) == "not found");  // the repository is private
  CHECK(must(app.repositories(app.enter("carla"), "ops")).items.empty());
  CHECK(must(app.repositories(app.enter("bob"), "ops")).total_count == 1);
  CHECK(set("ada", "mine", Role::read) == "not_a_repository_of_the_organization");
  CHECK(set("works", "none", Role::read) == "not found");
  CHECK(set("works", "shop", Role::none).empty());
  CHECK(opens("bob") == Role::none);
  CHECK(app.latest_audit() == "team.grant {\"slug\":\"ops\",\"role\":\"none\"}\n");
}

TEST_CASE("list_repository_teams: shows what members and owners may see, nothing to others") {
  TeamFixture app;
  app.add("Open");
  app.add("Secret", core::TeamPrivacy::secret);
  app.add_repository("shop");
  for (const char* slug : {"open", "secret"}) {
    must(app::set_team_role(app.context, app.owner, {slug, "works", "shop"}, Role::triage));
  }
  auto list = [&](const core::Actor& actor) {
    std::string all;
    auto access = must(app.enter_shop("ada"));
    access.actor = actor;
    access.role = Role::read;
    const auto grants = must(
        app.read([&](store::Reader& db) { return app::list_repository_teams(db, access, {}); }));
    for (const auto& grant : grants.items) {
      CHECK(grant.role == Role::triage);
      all += grant.team.slug + " ";
    }
    return all;
  };
  CHECK(list(app.log_in("ada")) == "open secret ");
  CHECK(list(app.log_in("chief")) == "open secret ");
  CHECK(list(app.log_in("carla")) == "open ");
  CHECK(list(app.log_in("stranger")).empty());
  CHECK(list(core::Actor::nobody()).empty());
}
